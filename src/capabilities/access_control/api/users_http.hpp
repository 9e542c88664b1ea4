#pragma once

#include <vector>

#include "capabilities/access_control/api/directory_http.hpp"

namespace twinfleet::access_control {

/// `/v1/parks/{park_id}/users`, `/v1/parks/{park_id}/users/{id}`, and `/v1/users` for the master account of a park.
[[nodiscard]] std::vector<api::Route> user_routes(const DirectoryApi& api);

}  // namespace twinfleet::access_control
