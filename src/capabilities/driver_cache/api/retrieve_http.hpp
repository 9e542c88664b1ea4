#pragma once

#include <vector>

#include "capabilities/driver_cache/fleet_directory.hpp"
#include "platform/api/route.hpp"

namespace twinfleet::driver_cache {

/// The routes `POST /v1/internal/drivers/retrieve` and `POST /v1/internal/cars/retrieve` (contract, section 4), by
/// which other services ask for drivers and cars. While the directory is stale they answer 503 `cache_is_stale` with
/// Retry-After. `directory` outlives the routes.
[[nodiscard]] std::vector<api::Route> retrieve_routes(const FleetDirectory& directory);

}  // namespace twinfleet::driver_cache
