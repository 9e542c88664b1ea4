#pragma once

#include <chrono>

#include "platform/clock/clock.hpp"

namespace twinfleet::simulator {

/// A moment of real time, as platform::Clock::monotonic() gives it.
using Instant = std::chrono::nanoseconds;
inline constexpr Instant never = Instant::max();

/// What the clocks of the drivers show in the course of a run. They go `speed_up` times as fast as real ones and show
/// the real time at the end of the run. Until then they are behind, never ahead, because the service refuses positions
/// of the future.
class SimulatedTime {
public:
    /// `start` and `wall_start` are the same moment, by platform::Clock::monotonic() and by now(); `duration` is real
    /// time.
    SimulatedTime(Instant start, platform::Time wall_start, std::chrono::nanoseconds duration, double speed_up)
        : start_(start),
          end_(start + duration),
          wall_start_(wall_start),
          first_(wall_start - std::chrono::duration_cast<platform::Time::duration>(duration * (speed_up - 1))),
          speed_up_(speed_up) {}

    /// The simulated time at a real moment.
    [[nodiscard]] platform::Time at(Instant instant) const {
        return first_ + std::chrono::duration_cast<platform::Time::duration>((instant - start_) * speed_up_);
    }
    /// The first moment at which the simulated time is `time` or later.
    [[nodiscard]] Instant when(platform::Time time) const {
        return start_ + std::chrono::ceil<Instant>(std::chrono::nanoseconds(time - first_) / speed_up_);
    }
    /// The real time at a moment.
    [[nodiscard]] platform::Time wall(Instant instant) const {
        return wall_start_ + std::chrono::duration_cast<platform::Time::duration>(instant - start_);
    }
    /// How long a simulated duration really takes.
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
