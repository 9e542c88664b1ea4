#pragma once

#include <functional>
#include <vector>

#include "capabilities/driver_cache/cache_status.hpp"
#include "platform/api/route.hpp"

namespace twinfleet::driver_cache {

/// The route `GET /v1/internal/cache` (contract, section 4). The answer holds, by the name of each cache, `size`,
/// `bytes`, `lag_seconds`, `last_incremental_at`, `last_full_at` (null before the first full pass) and `kept_aside`;
/// besides `is_filled`, `is_stale`, and `kept_aside_documents`, which lists the first documents that cannot be used,
/// with id and reason. `status` is called for each request, on any thread.
[[nodiscard]] std::vector<api::Route> cache_routes(std::function<std::vector<CacheStatus>()> status);

}  // namespace twinfleet::driver_cache
