#pragma once

#include <chrono>

#include "platform/clock/clock.hpp"

namespace twinfleet::simulator {

/// As platform::Clock::monotonic().
using Instant = std::chrono::nanoseconds;
inline constexpr Instant never = Instant::max();

/// What the drivers' clocks show while the run goes on: `speed_up` times as fast as the real one, and the same at its
/// end. Until then they are behind, never ahead, because positions of the future are refused.
class SimulatedTime {
public:
    SimulatedTime(Instant start, platform::Time wall_start, std::chrono::nanoseconds duration, double speed_up)
        : start_(start),
          end_(start + duration),
          wall_start_(wall_start),
          first_(wall_start - std::chrono::duration_cast<platform::Time::duration>(duration * (speed_up - 1))),
          speed_up_(speed_up) {}

    [[nodiscard]] platform::Time at(Instant instant) const {
        return first_ + std::chrono::duration_cast<platform::Time::duration>((instant - start_) * speed_up_);
    }
    /// The first instant at which `time` has come.
    [[nodiscard]] Instant when(platform::Time time) const {
        return start_ + std::chrono::ceil<Instant>(std::chrono::nanoseconds(time - first_) / speed_up_);
    }
    /// The real time.
    [[nodiscard]] platform::Time wall(Instant instant) const {
        return wall_start_ + std::chrono::duration_cast<platform::Time::duration>(instant - start_);
    }
    /// How long it really takes.
    [[nodiscard]] Instant real(std::chrono::duration<double> simulated) const {
        return std::chrono::duration_cast<Instant>(simulated / speed_up_);
    }
    [[nodiscard]] Instant start() const noexcept { return start_; }
    [[nodiscard]] Instant end() const noexcept { return end_; }
    [[nodiscard]] double speed_up() const noexcept { return speed_up_; }

private:
    Instant start_;
    Instant end_;
    platform::Time wall_start_;
    platform::Time first_;
    double speed_up_;
};

}  // namespace twinfleet::simulator
