#pragma once

#include <string_view>
#include <vector>

#include "capabilities/driver_apps/driver_apps.hpp"
#include "capabilities/driver_positions/nearby/nearby.hpp"
#include "platform/api/route.hpp"
#include "platform/clock/clock.hpp"

namespace twinfleet::driver_positions {

/// What the endpoint works with; outlives the routes.
struct NearbyApi {
    const driver_apps::DriverApps& apps;
    NearbyDrivers& drivers;
    const platform::Clock& clock;
    PositionSettings settings;
};

/// Reads `{"family", "lat", "lon", "radius_m", "limit", "statuses"}`; without `limit` nearby_limit_default, without
/// `statuses` `["free"]`. Throws json::BadInput that names the field.
[[nodiscard]] NearbyQuery read_nearby_query(std::string_view body, const driver_apps::DriverApps& apps,
                                            const PositionSettings& settings);

/// `POST /v1/internal/drivers/nearby`, for services.
[[nodiscard]] std::vector<api::Route> nearby_routes(const NearbyApi& api);

}  // namespace twinfleet::driver_positions
