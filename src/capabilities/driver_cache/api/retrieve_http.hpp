#pragma once

#include <vector>

#include "capabilities/driver_cache/fleet_directory.hpp"
#include "platform/api/route.hpp"

namespace twinfleet::driver_cache {

/// `POST /v1/internal/drivers/retrieve` and `POST /v1/internal/cars/retrieve` (contract, section 4), for services.
/// While the directory is stale: 503 `cache_is_stale` with Retry-After. `directory` outlives the routes.
[[nodiscard]] std::vector<api::Route> retrieve_routes(const FleetDirectory& directory);

}  // namespace twinfleet::driver_cache
