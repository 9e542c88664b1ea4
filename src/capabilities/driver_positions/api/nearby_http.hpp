#pragma once

#include <string_view>
#include <vector>

#include "capabilities/driver_apps/driver_apps.hpp"
#include "capabilities/driver_positions/nearby/nearby.hpp"
#include "platform/api/route.hpp"
#include "platform/clock/clock.hpp"

namespace twinfleet::driver_positions {

/// What the endpoint for drivers nearby works with; outlives the routes.
struct NearbyApi {
    const driver_apps::DriverApps& apps;
    NearbyDrivers& drivers;
    const platform::Clock& clock;
    PositionSettings settings;
};

/// Reads the body `{"family", "lat", "lon", "radius_m", "limit", "statuses"}`. Without `limit` it is
/// nearby_limit_default, without `statuses` these are `["free"]`. Throws json::BadInput, which names the field that is
/// wrong.
[[nodiscard]] NearbyQuery read_nearby_query(std::string_view body, const driver_apps::DriverApps& apps,
                                            const PositionSettings& settings);

/// The route `POST /v1/internal/drivers/nearby` (contract, section 4), by which other services look for drivers around
/// a place.
[[nodiscard]] std::vector<api::Route> nearby_routes(const NearbyApi& api);

}  // namespace twinfleet::driver_positions
