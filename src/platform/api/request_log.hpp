#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "platform/log/logger.hpp"

namespace twinfleet::api::detail {

/// What the log tells of a request. It only refers to its texts.
struct RequestLine {
    std::string_view request_id;
    std::string_view method;
    /// The pattern of the route.
    std::string_view handler;
    int status = 0;
    /// The code of a refusal; empty for a success.
    std::string_view code = {};
    double duration_ms = 0;
    /// Who asked: the name of the service token, the user that the service names (`X-User`), and the client's address.
    /// The user is what a header said, and is shown clipped.
    std::string_view caller = {};
    std::string_view user = {};
    std::string_view address = {};
    /// On what: the arguments of the path. Empty for callers who have shown no right.
    const std::vector<std::pair<std::string, std::string>>* path_arguments = nullptr;
    /// Call::note().
    const std::vector<std::pair<std::string_view, std::string>>* notes = nullptr;
    /// Whether the line is of interest only to somebody who looks for a fault.
    bool is_frequent = false;
    /// Whether anybody can cause such lines, without having shown a right.
    bool is_open = false;
};

/// The lines of requests in the log. Of those that anybody can cause, refusals and successes of open routes, there are
/// so many a second at most for each status; behind a gap stands a line that tells how many were left out. Changes that
/// a service token made are never left out. Safe to use from any thread.
class RequestLog {
public:
    /// `log` outlives this.
    explicit RequestLog(log::Logger& log) : log_(log) {}

    /// `now` is monotonic.
    void write(const RequestLine& line, std::chrono::nanoseconds now);

    /// How many lines of one status there may be at once, and a second for ever.
    static constexpr double burst = 50;
    static constexpr double lines_per_s = 10;

private:
    struct Bucket {
        double room = burst;
        std::chrono::nanoseconds counted_at{};
        std::uint64_t left_out = 0;
    };
    /// Whether there is room for a line of this status, and if so, how many were left out since the last one.
    [[nodiscard]] std::pair<bool, std::uint64_t> take(int status, std::chrono::nanoseconds now);

    log::Logger& log_;
    std::mutex mutex_;
    /// Guarded by mutex_; by status, from 100 to 599.
    std::array<Bucket, 500> buckets_;
};

}  // namespace twinfleet::api::detail
