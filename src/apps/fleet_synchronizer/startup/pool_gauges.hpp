#pragma once

#include <string_view>

#include "platform/metrics/registry.hpp"

namespace twinfleet::fleet_synchronizer {

/// Shows how much of a pool of connections is open and in use, under the name of its store. Pools for different work on
/// one store have names of their own, so that one that is used up shows beside others that are not.
template <typename Usage>
void show_pool(metrics::Registry& registry, std::string_view store, const Usage& usage) {
    auto& connections =
        registry.gauges("store_pool_connections", "Connections of the process to its stores", {"store", "state"});
    auto& connections_max = registry.gauges("store_pool_connections_max", "How many there may be", {"store"});
    connections.with({store, "open"}).set(static_cast<double>(usage.open));
    connections.with({store, "in_use"}).set(static_cast<double>(usage.in_use));
    connections_max.with({store}).set(static_cast<double>(usage.max));
}

}  // namespace twinfleet::fleet_synchronizer
