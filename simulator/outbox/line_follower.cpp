#include "simulator/outbox/line_follower.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace twinfleet::simulator {

LineFollower::LineFollower(std::filesystem::path path) : path_(std::move(path)) {
    if (open()) {
        offset_ = std::max<std::int64_t>(lseek(file_, 0, SEEK_END), 0);
    }
}

LineFollower::~LineFollower() {
    close();
}

bool LineFollower::open() {
    file_ = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC);
    offset_ = 0;
    partial_.clear();
    is_too_long_ = false;
    return file_ >= 0;
}

void LineFollower::close() {
    if (file_ >= 0) {
        ::close(std::exchange(file_, -1));
    }
}

void LineFollower::look(const std::function<void(std::string_view line)>& take) {
    if (file_ < 0 && !open()) {
        return;
    }
    // Looked up before the rest of the open file is read: what a writer appends before he changes files is not lost.
    struct stat named {};
    const bool is_named = stat(path_.c_str(), &named) == 0;
    struct stat opened {};
    fstat(file_, &opened);
    if (opened.st_size < offset_) {
        offset_ = 0;
        partial_.clear();
        is_too_long_ = false;
    }
    read_rest(take);
    if (is_named && (named.st_ino != opened.st_ino || named.st_dev != opened.st_dev)) {
        close();
        if (open()) {
            read_rest(take);
        }
    }
}

void LineFollower::read_rest(const std::function<void(std::string_view line)>& take) {
    std::array<char, std::size_t{16} << 10> chunk{};
    ssize_t size = 0;
    while ((size = pread(file_, chunk.data(), chunk.size(), offset_)) > 0) {
        offset_ += size;
        std::string_view rest(chunk.data(), static_cast<std::size_t>(size));
        for (auto end = rest.find('\n'); end != rest.npos; end = rest.find('\n')) {
            partial_.append(rest.substr(0, end));
            rest.remove_prefix(end + 1);
            if (!std::exchange(is_too_long_, false) && partial_.size() <= line_bytes_max) {
                take(partial_);
            }
            partial_.clear();
        }
        partial_.append(rest);
        if (partial_.size() > line_bytes_max) {
            is_too_long_ = true;
            partial_.clear();
        }
    }
}

}  // namespace twinfleet::simulator
