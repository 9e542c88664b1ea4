#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

namespace twinfleet::simulator {

/// Reads what is appended to a file line by line, as `tail -F` does: a line is given once its end is there; a file that
/// was put in the place of the former one is read from its beginning, after the rest of the former; so is one that
/// became shorter. For one thread.
class LineFollower {
public:
    /// Begins at the end of the file as it is now; at the beginning of one that is yet to come.
    explicit LineFollower(std::filesystem::path path);
    ~LineFollower();
    LineFollower(const LineFollower&) = delete;
    LineFollower& operator=(const LineFollower&) = delete;

    /// Gives the lines that have come since, without their ends. A line over `line_bytes_max` is left out.
    void look(const std::function<void(std::string_view line)>& take);

    static constexpr std::size_t line_bytes_max = std::size_t{64} << 10;

private:
    /// False when there is none.
    bool open();
    void close();
    void read_rest(const std::function<void(std::string_view line)>& take);

    const std::filesystem::path path_;
    /// -1: none.
    int file_ = -1;
    std::int64_t offset_ = 0;
    /// What has come of a line whose end has not.
    std::string partial_;
    bool is_too_long_ = false;
};

}  // namespace twinfleet::simulator
