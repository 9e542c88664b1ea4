#pragma once

#include <chrono>
#include <cstddef>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "capabilities/driver_positions/settings.hpp"
#include "capabilities/driver_positions/store/position_store.hpp"
#include "platform/clock/clock.hpp"
#include "platform/log/logger.hpp"
#include "platform/metrics/registry.hpp"

namespace twinfleet::driver_positions {

/// Removes the latest positions of drivers who have fallen silent, so that they take memory for as long as they are
/// worth something. Counts in driver_positions_swept_total{family}.
class Sweep {
public:
    /// References must outlive it.
    Sweep(PositionStore& store, std::vector<std::string> families, const PositionSettings& settings,
          const platform::Clock& clock, metrics::Registry& registry);

    /// Until nothing old is left or `stop` is requested, in bounded steps. Returns how many were removed.
    std::size_t run(const std::stop_token& stop);

private:
    PositionStore& store_;
    const std::vector<std::string> families_;
    const PositionSettings settings_;
    const platform::Clock& clock_;
    metrics::Family<metrics::Counter>& swept_;
};

/// Sweeps from construction to destruction, on a thread of its own. Every replica may have one: what one has removed
/// the others do not find. A store that is away is tried again after the interval.
class Sweeper {
public:
    /// References must outlive it.
    Sweeper(Sweep& sweep, std::chrono::milliseconds interval, log::Logger& log);

private:
    std::jthread thread_;
};

}  // namespace twinfleet::driver_positions
