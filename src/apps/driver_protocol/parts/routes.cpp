#include "apps/driver_protocol/parts/routes.hpp"

#include "capabilities/driver_cache/api/cache_http.hpp"
#include "capabilities/driver_cache/api/retrieve_http.hpp"
#include "capabilities/driver_positions/api/track_http.hpp"

namespace twinfleet::driver_protocol_app {

std::vector<std::vector<api::Route>> routes_of(const LoginParts& login, const SessionParts& sessions,
                                               PositionParts& positions, const driver_cache::DriverCaches& caches) {
    return {driver_login::login_routes(login.api),
            driver_sessions::driver_routes(sessions.api),
            driver_sessions::revocation_routes(login.revocation_api),
            driver_positions::position_routes(positions.api, positions.intake),
            driver_positions::track_routes(positions.api),
            driver_positions::nearby_routes(positions.nearby_api),
            driver_positions::erasure_routes(positions.erasure_api),
            driver_cache::retrieve_routes(caches),
            driver_cache::cache_routes([&caches] { return caches.status(); })};
}

}  // namespace twinfleet::driver_protocol_app
