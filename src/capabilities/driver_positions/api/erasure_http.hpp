#pragma once

#include <vector>

#include "capabilities/driver_apps/driver_apps.hpp"
#include "capabilities/driver_cache/fleet_directory.hpp"
#include "capabilities/driver_positions/store/position_store.hpp"
#include "capabilities/driver_sessions/sessions.hpp"
#include "capabilities/driver_sessions/statuses.hpp"
#include "platform/api/route.hpp"
#include "platform/log/logger.hpp"

namespace twinfleet::driver_positions {

/// What the endpoint works with; outlives the routes.
struct ErasureApi {
    const driver_apps::DriverApps& apps;
    driver_sessions::Sessions& sessions;
    driver_sessions::Statuses& statuses;
    PositionStore& store;
    const driver_cache::FleetDirectory& directory;
    log::Logger& log;
};

/// The route `POST /v1/internal/drivers/{id}/erase` (contract, "driver-protocol"), for service tokens: ends the
/// sessions of exactly this driver, and removes his status, his positions and his tracks in the parks that are named
/// and in the one that the cache has him in. Each erasure is logged with the caller and the counts.
[[nodiscard]] std::vector<api::Route> erasure_routes(const ErasureApi& api);

}  // namespace twinfleet::driver_positions
