#pragma once

#include <vector>

#include "capabilities/access_control/api/directory_http.hpp"

namespace twinfleet::access_control {

/// The routes `GET` and `POST /v1/parks/{park_id}/users`, `GET`, `PUT` and `DELETE /v1/parks/{park_id}/users/{id}`, and
/// `POST /v1/users`, which makes the master account of a park (contract, section 4).
[[nodiscard]] std::vector<api::Route> user_routes(const DirectoryApi& api);

}  // namespace twinfleet::access_control
