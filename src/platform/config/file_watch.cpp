#include "platform/config/file_watch.hpp"

#include <ctime>
#include <exception>
#include <utility>

#include <sys/stat.h>

#include "platform/config/reader.hpp"

namespace twinfleet::config {

namespace {

std::int64_t nanoseconds(const timespec& time) {
    return time.tv_sec * std::int64_t{1'000'000'000} + time.tv_nsec;
}

/// A stamp of nothing when the file cannot be seen.
FileStamp stamp_of(const std::filesystem::path& path) {
    struct stat status {};
    if (stat(path.c_str(), &status) != 0) {
        return {};
    }
    return {static_cast<std::int64_t>(status.st_dev), static_cast<std::int64_t>(status.st_ino), status.st_size,
            nanoseconds(status.st_mtim), nanoseconds(status.st_ctim)};
}

/// Whether any further change is bound to get another time: file systems count in steps of up to 2 s.
bool is_old(const FileStamp& stamp) {
    constexpr std::int64_t coarsest_step_ns = 3'000'000'000;
    timespec now{};
    clock_gettime(CLOCK_REALTIME, &now);
    return stamp.changed_ns >= 0 && nanoseconds(now) - stamp.changed_ns > coarsest_step_ns;
}

}  // namespace

FileWatch::FileWatch(std::filesystem::path path, std::string text, Listener listener)
    : path_(std::move(path)), listener_(std::move(listener)), seen_{true, std::move(text)}, dealt_with_(seen_) {}

void FileWatch::look() {
    const FileStamp stamp = stamp_of(path_);
    if (stamp_tells_all_ && stamp == stamp_ && seen_ == dealt_with_) {
        return;
    }
    // Both before the content is read: what changes while it is read must show at the next look.
    stamp_ = stamp;
    stamp_tells_all_ = is_old(stamp);
    Content content;
    try {
        content = {true, listener_.read(path_)};
    } catch (const Error& error) {
        content = {false, error.what()};
    }
    const bool has_settled = content == seen_;
    seen_ = std::move(content);
    if (!has_settled || seen_ == dealt_with_) {
        return;
    }
    dealt_with_ = seen_;
    if (seen_.is_readable) {
        take(seen_.text);
    } else {
        refuse(seen_.text);
    }
}

void FileWatch::take(const std::string& text) const {
    try {
        listener_.take(text);
    } catch (const std::exception& error) {
        refuse(error.what());
    }
}

void FileWatch::refuse(const std::string& reason) const {
    if (listener_.refused) {
        listener_.refused(reason);
    }
}

}  // namespace twinfleet::config
