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

/// Removes drivers who have fallen silent from what PositionStore::search() looks at, so that they do not take up
/// memory for ever. Their tracks stay. Metric: driver_positions_swept_total{family}.
class Sweep {
public:
    /// Everything but `settings` and `families` must outlive this object.
    Sweep(PositionStore& store, std::vector<std::string> families, const PositionSettings& settings,
          const platform::Clock& clock, metrics::Registry& registry);

    /// Removes, in steps of sweep_step_positions, the drivers whose latest position is older than latest_age_max, until
    /// none is left or `stop` is requested. Returns how many were removed. Throws platform::StoreUnavailable.
    std::size_t run(const std::stop_token& stop);

private:
    PositionStore& store_;
    const std::vector<std::string> families_;
    const PositionSettings settings_;
    const platform::Clock& clock_;
    metrics::Family<metrics::Counter>& swept_;
};

/// Runs a Sweep at every `interval`, on a thread of its own, from construction to destruction. Every replica may have
/// one: what one of them has removed, the others do not find. When the store is away, that is logged and tried again
/// after the interval.
class Sweeper {
public:
    /// `sweep` and `log` must outlive this object.
    Sweeper(Sweep& sweep, std::chrono::milliseconds interval, log::Logger& log);

private:
    std::jthread thread_;
};

}  // namespace twinfleet::driver_positions
