#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

namespace twinfleet::simulator {

/// Reads what is appended to a file line by line, as `tail -F` does. A line is given when its end has come. When
/// another file is put in the place of the first one, the rest of the first is read, and then the other from its
/// beginning. A file that has become shorter is read again from its beginning. For one thread.
class LineFollower {
public:
    /// Begins at the present end of the file; when there is no file yet, at the beginning of the one that will come.
    explicit LineFollower(std::filesystem::path path);
    ~LineFollower();
    LineFollower(const LineFollower&) = delete;
    LineFollower& operator=(const LineFollower&) = delete;

    /// Gives the lines that have come since the last call, without their ends. Lines over line_bytes_max are left out.
    void look(const std::function<void(std::string_view line)>& take);

    static constexpr std::size_t line_bytes_max = std::size_t{64} << 10;

private:
    /// False when there is no file.
    bool open();
    void close();
    void read_rest(const std::function<void(std::string_view line)>& take);

    const std::filesystem::path path_;
    /// -1 when no file is open.
    int file_ = -1;
    std::int64_t offset_ = 0;
    /// The beginning of a line whose end has not come yet.
    std::string partial_;
    bool is_too_long_ = false;
};

}  // namespace twinfleet::simulator
