#pragma once

#include <chrono>

namespace twinfleet::platform {

/// A moment in UTC, to the microsecond.
using Time = std::chrono::sys_time<std::chrono::microseconds>;

/// Where all code takes the time from, so that a test can bring a clock of its own.
class Clock {
public:
    Clock() = default;
    Clock(const Clock&) = delete;
    Clock& operator=(const Clock&) = delete;
    virtual ~Clock() = default;

    /// The time of day. May jump when the machine's clock is set.
    [[nodiscard]] virtual Time now() const = 0;
    /// The time since some moment in the past. Never jumps; for durations and deadlines.
    [[nodiscard]] virtual std::chrono::nanoseconds monotonic() const = 0;
};

/// The clocks of the machine.
class SystemClock final : public Clock {
public:
    [[nodiscard]] Time now() const override {
        return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
    }
    [[nodiscard]] std::chrono::nanoseconds monotonic() const override {
        return std::chrono::steady_clock::now().time_since_epoch();
    }
};

}  // namespace twinfleet::platform
