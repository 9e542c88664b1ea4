#pragma once

#include <vector>

#include "apps/driver_protocol/parts/login_parts.hpp"
#include "apps/driver_protocol/parts/position_parts.hpp"
#include "apps/driver_protocol/parts/session_parts.hpp"
#include "capabilities/driver_cache/driver_caches_mongo.hpp"
#include "platform/api/route.hpp"

namespace twinfleet::driver_protocol_app {

/// Everything that the API answers. The arguments outlive the result.
[[nodiscard]] std::vector<std::vector<api::Route>> routes_of(const LoginParts& login, const SessionParts& sessions,
                                                             PositionParts& positions,
                                                             const driver_cache::DriverCaches& caches);

}  // namespace twinfleet::driver_protocol_app
