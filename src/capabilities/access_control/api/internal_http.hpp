#pragma once

#include <vector>

#include "capabilities/access_control/child_parks/child_parks.hpp"
#include "platform/api/route.hpp"
#include "platform/postgres/pool.hpp"

namespace twinfleet::access_control {

/// The routes `/v1/internal/...`, by which the mirror reads and writes the groups and users of all parks, and asks for
/// the time by the clock of the database. All arguments outlive the routes.
[[nodiscard]] std::vector<api::Route> internal_routes(postgres::Pool& pool, ChildParks& child_parks);

}  // namespace twinfleet::access_control
