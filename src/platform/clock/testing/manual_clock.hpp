#pragma once

#include <atomic>

#include "platform/clock/clock.hpp"

namespace twinfleet::platform::testing {

/// Stands still until it is moved on.
class ManualClock final : public Clock {
public:
    [[nodiscard]] Time now() const override {
        return Time(std::chrono::duration_cast<std::chrono::microseconds>(monotonic()));
    }
    [[nodiscard]] std::chrono::nanoseconds monotonic() const override {
        elapsed_ns_ += step_.count();
        return std::chrono::nanoseconds(elapsed_ns_);
    }
    void advance(std::chrono::nanoseconds by) { elapsed_ns_ += by.count(); }
    /// Moves on by so much whenever it is asked.
    void tick_by(std::chrono::nanoseconds step) { step_ = step; }

private:
    mutable std::atomic<std::int64_t> elapsed_ns_ = 0;
    std::chrono::nanoseconds step_{};
};

}  // namespace twinfleet::platform::testing
