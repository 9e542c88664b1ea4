#pragma once

#include <vector>

#include "capabilities/access_control/child_parks/child_parks.hpp"
#include "platform/api/route.hpp"
#include "platform/metrics/registry.hpp"
#include "platform/postgres/pool.hpp"

namespace twinfleet::access_control {

/// The route `POST /v1/check`, which answers whether a user has a grant (contract, section 4). Answers are counted in
/// `access_control_checks_total{outcome}`: `allowed`, or why the grant was denied. All arguments outlive the routes.
[[nodiscard]] std::vector<api::Route> check_routes(postgres::Pool& pool, ChildParks& child_parks,
                                                   metrics::Registry& registry);

}  // namespace twinfleet::access_control
