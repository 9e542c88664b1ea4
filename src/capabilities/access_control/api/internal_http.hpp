#pragma once

#include <vector>

#include "capabilities/access_control/child_parks/child_parks.hpp"
#include "platform/api/route.hpp"
#include "platform/postgres/pool.hpp"

namespace twinfleet::access_control {

/// `/v1/internal/...`: groups and users across parks, for the mirror. All arguments outlive the routes.
[[nodiscard]] std::vector<api::Route> internal_routes(postgres::Pool& pool, ChildParks& child_parks);

}  // namespace twinfleet::access_control
