#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

#include "platform/clock/clock.hpp"

namespace twinfleet::platform::testing {

/// The clock of a machine that is ahead of another clock (behind it, for a negative figure), which outlives this. The
/// monotonic clock of the machine began at another time.
class SkewedClock final : public Clock {
public:
    SkewedClock(const Clock& truth, std::chrono::microseconds ahead) : truth_(truth), ahead_us_(ahead.count()) {}

    [[nodiscard]] Time now() const override { return truth_.now() + std::chrono::microseconds(ahead_us_); }
    [[nodiscard]] std::chrono::nanoseconds monotonic() const override {
        return truth_.monotonic() + std::chrono::hours(42);
    }
    void set_ahead(std::chrono::microseconds ahead) { ahead_us_ = ahead.count(); }

private:
    const Clock& truth_;
    std::atomic<std::int64_t> ahead_us_;
};

}  // namespace twinfleet::platform::testing
