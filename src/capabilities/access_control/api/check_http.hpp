#pragma once

#include <vector>

#include "capabilities/access_control/child_parks/child_parks.hpp"
#include "platform/api/route.hpp"
#include "platform/metrics/registry.hpp"
#include "platform/postgres/pool.hpp"

namespace twinfleet::access_control {

/// `POST /v1/check`. Counts in `access_control_checks_total{outcome}`. All arguments outlive the routes.
[[nodiscard]] std::vector<api::Route> check_routes(postgres::Pool& pool, ChildParks& child_parks,
                                                   metrics::Registry& registry);

}  // namespace twinfleet::access_control
