#pragma once

#include <chrono>
#include <random>

namespace twinfleet::mirroring {

/// Draws pauses evenly from `share` below to `share` above an interval, so that replicas and jobs do not march in step.
class Jitter {
public:
    /// 0: none; below 1.
    explicit Jitter(double share) : spread_(1.0 - share, 1.0 + share) {}

    [[nodiscard]] std::chrono::milliseconds operator()(std::chrono::milliseconds interval) {
        return std::chrono::duration_cast<std::chrono::milliseconds>(interval * spread_(random_));
    }

private:
    std::minstd_rand random_{std::random_device{}()};
    std::uniform_real_distribution<double> spread_;
};

}  // namespace twinfleet::mirroring
