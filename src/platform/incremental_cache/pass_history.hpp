#pragma once

#include <chrono>
#include <cstddef>
#include <deque>

namespace twinfleet::incremental_cache {

/// How long a change takes to reach the cache, from the passes that succeeded: one that was written just after a pass
/// had begun is there at the end of the next, so each pair of passes in a row bounds it by the time from the start of
/// the first to the end of the second. Times are of a monotonic clock.
class PassHistory {
public:
    explicit PassHistory(std::chrono::nanoseconds interval) : interval_(interval) {}

    /// A pass that succeeded. The first one is not counted: it catches up with what was missed before it and tells
    /// nothing of those to come.
    void add(std::chrono::nanoseconds started_at, std::chrono::nanoseconds ended_at);
    /// The 99th percentile of the last bounds, or the age of the last pass, whichever is longer: passes may have
    /// stopped succeeding. With few bounds, no less than an interval and the longest pass. Where in its interval this
    /// process is does not count: other replicas are elsewhere in theirs.
    [[nodiscard]] std::chrono::nanoseconds bound(std::chrono::nanoseconds now) const;

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
