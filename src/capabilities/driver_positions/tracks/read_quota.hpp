#pragma once

#include <chrono>
#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "platform/clock/clock.hpp"

namespace twinfleet::driver_positions {

/// How many pages of his track a driver may read: `burst` at once and `per_s` in the long run (the generic cell rate
/// algorithm, ITU-T I.371). Counted in this process alone, so that reading needs no write: with several replicas a
/// driver may read as many times more. Safe to use from any thread.
class ReadQuota {
public:
    struct Settings {
        std::size_t burst = 300;
        double per_s = 5;
        /// Of so many drivers what they have used is remembered; others are let in while there are more.
        std::size_t drivers_max = 100'000;
    };

    explicit ReadQuota(const Settings& settings);

    /// How long until the driver may read a page; 0: he may now, and has used up one.
    [[nodiscard]] std::chrono::milliseconds take(std::string_view tag, platform::Time now);

private:
    const Settings settings_;
    const std::chrono::nanoseconds page_;
    std::mutex mutex_;
    // Guarded by `mutex_`.
    /// Up to when the pages of a driver are paid for; of those who are not here, up to now.
    std::unordered_map<std::string, platform::Time> paid_until_;
    platform::Time looked_at_{};
};

}  // namespace twinfleet::driver_positions
