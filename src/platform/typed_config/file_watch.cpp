#include "platform/typed_config/file_watch.hpp"

#include <ctime>
#include <optional>
#include <utility>

#include <sys/stat.h>

namespace twinfleet::typed_config {

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

FileWatch::FileWatch(Registry registry, std::filesystem::path path, FileListener listener)
    : registry_(std::move(registry)), path_(std::move(path)), listener_(std::move(listener)) {
    auto configs = TypedConfigs::parse(registry_, config::read_file(path_), path_.string());
    dealt_with_ = seen_ = configs->fingerprint();
    current_.with([&configs](auto& current) { current = std::move(configs); });
}

std::shared_ptr<const TypedConfigs> FileWatch::snapshot() const {
    return current_.with([](const auto& current) { return current; });
}

void FileWatch::look() {
    const FileStamp stamp = stamp_of(path_);
    if (stamp_tells_all_ && stamp == stamp_ && seen_ == dealt_with_) {
        return;
    }
    // Both before the content is read: what changes while it is read must show at the next look.
    stamp_ = stamp;
    stamp_tells_all_ = is_old(stamp);
    std::string text;
    std::string fingerprint;
    std::optional<std::string> unreadable;
    try {
        text = config::read_file(path_);
        fingerprint = fingerprint_of(text);
    } catch (const config::Error& error) {
        unreadable = fingerprint = error.what();
    }
    if (std::exchange(seen_, fingerprint) != fingerprint || dealt_with_ == fingerprint) {
        return;
    }
    dealt_with_ = fingerprint;
    if (unreadable) {
        refuse(*unreadable);
    } else {
        take(text);
    }
}

void FileWatch::take(const std::string& text) {
    std::shared_ptr<const TypedConfigs> configs;
    try {
        configs = TypedConfigs::parse(registry_, text, path_.string());
    } catch (const std::exception& error) {
        refuse(error.what());
        return;
    }
    const auto before = current_.with([&configs](auto& current) { return std::exchange(current, configs); });
    // A file that was broken and is again as it was before is no change.
    if (before->fingerprint() != configs->fingerprint() && listener_.changed) {
        listener_.changed(*configs);
    }
}

void FileWatch::refuse(const std::string& reason) const {
    if (listener_.refused) {
        listener_.refused(reason);
    }
}

}  // namespace twinfleet::typed_config
