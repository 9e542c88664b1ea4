#pragma once

#include <vector>

#include "capabilities/access_control/api/directory_http.hpp"

namespace twinfleet::access_control {

/// `/v1/parks/{park_id}/groups` and `/v1/parks/{park_id}/groups/{id}`.
[[nodiscard]] std::vector<api::Route> group_routes(const DirectoryApi& api);

}  // namespace twinfleet::access_control
