#pragma once

#include <chrono>
#include <random>

namespace twinfleet::mirroring {

/// Draws pauses around an interval at random, so that replicas and jobs do not run in step with each other. All pauses
/// from `share` below the interval to `share` above it are equally likely.
class Jitter {
public:
    /// `share` is a part of the interval, from 0 (no jitter) to less than 1.
    explicit Jitter(double share) : spread_(1.0 - share, 1.0 + share) {}

    [[nodiscard]] std::chrono::milliseconds operator()(std::chrono::milliseconds interval) {
        return std::chrono::duration_cast<std::chrono::milliseconds>(interval * spread_(random_));
    }

private:
    std::minstd_rand random_{std::random_device{}()};
    std::uniform_real_distribution<double> spread_;
};

}  // namespace twinfleet::mirroring
