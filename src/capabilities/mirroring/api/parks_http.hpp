#pragma once

#include "capabilities/mirroring/api/mirror_api_http.hpp"

namespace twinfleet::mirroring {

/// The route `GET /v1/parks/{id}/mirror` (contract, section 4), which tells how far a park is mirrored.
[[nodiscard]] std::vector<api::Route> park_routes(const MirrorApi& api);

}  // namespace twinfleet::mirroring
