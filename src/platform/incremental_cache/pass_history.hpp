#pragma once

#include <chrono>
#include <cstddef>
#include <deque>

namespace twinfleet::incremental_cache {

/// Tells how long a change takes to reach the cache, from the passes that succeeded. A change that was written just
/// after a pass had begun is in the cache at the end of the next pass. So each pair of passes in a row gives a bound:
/// the time from the start of the first to the end of the second. Times are of a monotonic clock.
class PassHistory {
public:
    /// `interval` is the time from the start of one pass to the start of the next.
    explicit PassHistory(std::chrono::nanoseconds interval) : interval_(interval) {}

    /// Adds a pass that succeeded. The first one is not counted, since it catches up with what was missed before and
    /// tells nothing about later passes.
    void add(std::chrono::nanoseconds started_at, std::chrono::nanoseconds ended_at);
    /// The longer one of two times: the 99th percentile of the last bounds, and the age of the last pass, because
    /// passes may have stopped succeeding. With less than bounds_enough bounds, the result is at least an interval and
    /// the longest pass. At which point of its interval this process is does not matter, since other replicas are at
    /// other points.
    [[nodiscard]] std::chrono::nanoseconds bound(std::chrono::nanoseconds now) const;

    /// How many of the last bounds count, and how many are enough for a percentile.
    static constexpr std::size_t bounds_max = 100;
    static constexpr std::size_t bounds_enough = 20;

private:
    std::chrono::nanoseconds interval_;
    int passes_ = 0;
    std::chrono::nanoseconds last_started_at_{};
    std::chrono::nanoseconds longest_pass_{};
    /// Oldest first.
    std::deque<std::chrono::nanoseconds> bounds_;
};

}  // namespace twinfleet::incremental_cache
