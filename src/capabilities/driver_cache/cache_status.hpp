#pragma once

#include <string_view>
#include <vector>

#include "platform/incremental_cache/cache_updater.hpp"
#include "platform/incremental_cache/record_cache.hpp"

namespace twinfleet::driver_cache {

/// The state of one of the caches.
struct CacheStatus {
    /// `drivers`, `cars`, `parks`.
    std::string_view cache;
    incremental_cache::CacheUpdater::Status status;
    /// The first of the documents that cannot be used.
    std::vector<incremental_cache::RecordCache::KeptAside> kept_aside;
};

}  // namespace twinfleet::driver_cache
