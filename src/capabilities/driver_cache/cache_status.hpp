#pragma once

#include <string_view>
#include <vector>

#include "platform/incremental_cache/cache_updater.hpp"
#include "platform/incremental_cache/record_cache.hpp"

namespace twinfleet::driver_cache {

/// How one of the caches is.
struct CacheStatus {
    /// `drivers`, `cars`, `parks`.
    std::string_view cache;
    incremental_cache::CacheUpdater::Status status;
    /// Of the documents that cannot be used the first ones.
    std::vector<incremental_cache::RecordCache::KeptAside> kept_aside;
};

}  // namespace twinfleet::driver_cache
