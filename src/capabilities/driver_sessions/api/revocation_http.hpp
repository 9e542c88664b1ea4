#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "capabilities/driver_apps/driver_apps.hpp"
#include "capabilities/driver_cache/fleet_directory.hpp"
#include "capabilities/driver_sessions/sessions.hpp"
#include "platform/api/route.hpp"
#include "platform/log/logger.hpp"

namespace twinfleet::driver_sessions {

/// What the endpoint works with; outlives the routes.
struct RevocationApi {
    const driver_apps::DriverApps& apps;
    Sessions& sessions;
    const driver_cache::FleetDirectory& directory;
    /// Ends the log-ins of a phone (E.164) that are under way, and forgets by what it knows devices and what was
    /// guessed at it. Throws platform::StoreUnavailable.
    std::function<void(std::string_view phone)> forget_phone;
    log::Logger& log;
    /// How a phone without `+` is read (ISO 3166-1).
    std::string region;
};

/// The route `POST /v1/internal/sessions/revoke` (contract, "driver-protocol"), for service tokens. Each revocation is
/// logged with the caller, what was named, the reason and the count; of a phone its masked form, and a reason with more
/// digits than a year and a day have without its digits, since it may hold a phone.
[[nodiscard]] std::vector<api::Route> revocation_routes(const RevocationApi& api);

}  // namespace twinfleet::driver_sessions
