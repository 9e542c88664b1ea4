#include "platform/metrics/pool_metrics.hpp"

#include <utility>

namespace twinfleet::metrics {

void show_pool(Registry& registry, std::string_view store, const PoolUsage& usage) {
    auto& connections =
        registry.gauges("store_pool_connections", "Connections of the process to its stores", {"store", "state"});
    auto& connections_max = registry.gauges("store_pool_connections_max", "How many there may be", {"store"});
    connections.with({store, "open"}).set(static_cast<double>(usage.open));
    connections.with({store, "in_use"}).set(static_cast<double>(usage.in_use));
    connections_max.with({store}).set(static_cast<double>(usage.max));
}

void add_pool_metrics(Registry& registry, std::vector<WatchedPool> pools) {
    registry.before_text([&registry, pools = std::move(pools)] {
        for (const WatchedPool& pool : pools) {
            show_pool(registry, pool.store, pool.usage());
        }
    });
}

}  // namespace twinfleet::metrics
