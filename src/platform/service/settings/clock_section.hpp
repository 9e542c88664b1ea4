#pragma once

#include <chrono>

#include "platform/service/settings/section.hpp"

namespace twinfleet::service {

/// The section `clock`: how a replica takes its time from a store (store_time.hpp).
struct ClockSettings {
    /// How often the store is asked for its time.
    std::chrono::milliseconds measure_interval{5'000};
    /// How far the clock of the machine may be from the store's before the replica is not ready.
    std::chrono::milliseconds skew_max{5'000};
};

/// Reads this section.
void read_clock(Section section, ClockSettings& settings);

}  // namespace twinfleet::service
