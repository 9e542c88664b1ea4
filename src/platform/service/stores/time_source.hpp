#pragma once

#include <string>

#include "platform/clock/store_clock.hpp"

namespace twinfleet::service {

/// The clock of a store.
struct TimeSource {
    /// The name of the store in metrics and logs: `redis`.
    std::string store;
    /// Asks the store for its time, in one round trip. Throws platform::StoreUnavailable while the store is away. What
    /// it refers to outlives this and all copies.
    platform::StoreClock::Ask ask;
};

}  // namespace twinfleet::service
