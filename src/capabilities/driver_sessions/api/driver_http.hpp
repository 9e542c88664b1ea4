#pragma once

#include <vector>

#include "capabilities/driver_apps/driver_apps.hpp"
#include "capabilities/driver_cache/fleet_directory.hpp"
#include "capabilities/driver_cache/newcomers/newcomers.hpp"
#include "capabilities/driver_sessions/sessions.hpp"
#include "capabilities/driver_sessions/statuses.hpp"
#include "platform/api/route.hpp"

namespace twinfleet::driver_sessions {

/// What the endpoints of a logged-in driver work with; outlives the routes.
struct DriverApi {
    const driver_apps::DriverApps& apps;
    Sessions& sessions;
    Statuses& statuses;
    const driver_cache::FleetDirectory& directory;
    /// Asked for a driver whose profile the directory does not hold, or not all of it.
    driver_cache::Newcomers& newcomers;
};

/// The routes `GET` and `PUT /v1/driver/status`, `GET /v1/driver/profile` and `POST /v1/logout` (contract,
/// "driver-protocol"). A log-out that an app repeats, because the answer was lost, gets 401 `session_ended`, since the
/// session has ended already.
[[nodiscard]] std::vector<api::Route> driver_routes(const DriverApi& api);

}  // namespace twinfleet::driver_sessions
