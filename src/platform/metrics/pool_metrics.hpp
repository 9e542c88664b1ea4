#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "platform/metrics/registry.hpp"

namespace twinfleet::metrics {

/// How many connections a pool has open, how many of these are in use, and how many there may be.
struct PoolUsage {
    std::size_t open = 0;
    std::size_t in_use = 0;
    std::size_t max = 0;
};

/// The usage of a pool of any store.
template <typename Pool>
[[nodiscard]] PoolUsage usage_of(const Pool& pool) {
    const auto usage = pool.usage();
    return {usage.open, usage.in_use, usage.max};
}

/// Sets the gauges store_pool_connections{store,state} (`open`, `in_use`) and store_pool_connections_max{store}. Two
/// pools of one store for different work have different names in `store`, so that it shows when one of them is used up.
void show_pool(Registry& registry, std::string_view store, const PoolUsage& usage);

/// A pool and the name under which it is shown.
struct WatchedPool {
    /// `mongodb`, `postgresql`, `redis`.
    std::string store;
    std::function<PoolUsage()> usage;
};

/// Shows the pools in every text() from now on. What their `usage` refers to must outlive the last text().
void add_pool_metrics(Registry& registry, std::vector<WatchedPool> pools);

/// `pool` must outlive the last text().
template <typename Pool>
[[nodiscard]] WatchedPool watched(std::string store, const Pool& pool) {
    return {std::move(store), [&pool] { return usage_of(pool); }};
}

}  // namespace twinfleet::metrics
