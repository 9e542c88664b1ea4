#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "platform/metrics/registry.hpp"

namespace twinfleet::metrics {

struct PoolUsage {
    std::size_t open = 0;
    std::size_t in_use = 0;
    std::size_t max = 0;
};

/// How much of a pool of connections, of any store, is open and in use.
template <typename Pool>
[[nodiscard]] PoolUsage usage_of(const Pool& pool) {
    const auto usage = pool.usage();
    return {usage.open, usage.in_use, usage.max};
}

/// Sets the gauges store_pool_connections{store,state} (`open`, `in_use`) and store_pool_connections_max{store}. Pools
/// for different work on one store have names of their own, so that one that is used up shows beside others that are
/// not.
void show_pool(Registry& registry, std::string_view store, const PoolUsage& usage);

struct WatchedPool {
    /// `mongodb`, `postgresql`, `redis`.
    std::string store;
    std::function<PoolUsage()> usage;
};

/// Shows the pools before each text(). What `usage` refers to outlives the last one.
void add_pool_metrics(Registry& registry, std::vector<WatchedPool> pools);

/// `pool` outlives the last text().
template <typename Pool>
[[nodiscard]] WatchedPool watched(std::string store, const Pool& pool) {
    return {std::move(store), [&pool] { return usage_of(pool); }};
}

}  // namespace twinfleet::metrics
