#pragma once

#include <chrono>
#include <functional>
#include <mutex>
#include <optional>
#include <utility>

#include "platform/clock/clock.hpp"

namespace twinfleet::platform {

/// The time of day by the clock of a store, which counts for all replicas that share the store: what one of them wrote
/// is judged by another one by the same clock, however wrong the clocks of their machines are.
///
/// Asking the store for each moment would be a round trip. So the store is asked now and then (measure()), and between
/// two answers the monotonic clock of this machine goes on, which nobody sets. A measurement tells the time of the
/// store only to within half its round trip. The time is moved no further than that leaves no doubt, so that a slow
/// answer does not make it jump (the intersection of intervals of RFC 5905, section 11.2.1, for a single server). Safe
/// to use from any thread.
class StoreClock final : public Clock {
public:
    /// Asks the store for its time. May throw, when the store is away.
    using Ask = std::function<Time()>;

    /// Does not ask yet. Until the first measurement, the time is that of `local`, which outlives this.
    StoreClock(const Clock& local, Ask ask) : local_(local), ask_(std::move(ask)) {}

    /// Asks the store once. Throws what Ask throws, and then goes on with what is known.
    void measure();

    /// The time by the store's clock.
    [[nodiscard]] Time now() const override;
    /// That of this machine.
    [[nodiscard]] std::chrono::nanoseconds monotonic() const override { return local_.monotonic(); }

    /// How far the clock of this machine is ahead of the store's; negative when it is behind. nullopt before the first
    /// measurement.
    [[nodiscard]] std::optional<std::chrono::microseconds> skew() const;

private:
    const Clock& local_;
    const Ask ask_;

    mutable std::mutex mutex_;
    /// The time of the store when the monotonic clock stood at 0. Guarded by mutex_.
    std::optional<Time> at_zero_;
};

}  // namespace twinfleet::platform
