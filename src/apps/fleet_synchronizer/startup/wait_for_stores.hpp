#pragma once

#include <chrono>
#include <functional>
#include <stop_token>
#include <vector>

#include "apps/fleet_synchronizer/output/console.hpp"
#include "platform/clock/clock.hpp"

namespace twinfleet::fleet_synchronizer {

/// Throws platform::StoreUnavailable while its store is away.
using Ping = std::function<void()>;

/// Asks each store again until it answers, and says on stderr every few seconds that it does not. Throws
/// platform::StoreUnavailable when one has not answered within `timeout`; returns early on a stop.
void wait_for_stores(const std::vector<Ping>& pings, std::chrono::milliseconds timeout, const platform::Clock& clock,
                     Console& console, const std::stop_token& stop);

}  // namespace twinfleet::fleet_synchronizer
