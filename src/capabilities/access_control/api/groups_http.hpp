#pragma once

#include <vector>

#include "capabilities/access_control/api/directory_http.hpp"

namespace twinfleet::access_control {

/// The routes `GET` and `POST /v1/parks/{park_id}/groups`, and `GET`, `PUT` and `DELETE
/// /v1/parks/{park_id}/groups/{id}` (contract, section 4).
[[nodiscard]] std::vector<api::Route> group_routes(const DirectoryApi& api);

}  // namespace twinfleet::access_control
