#pragma once

#include "capabilities/mirroring/api/mirror_api_http.hpp"

namespace twinfleet::mirroring {

/// `/v1/parks`
[[nodiscard]] std::vector<api::Route> park_routes(const MirrorApi& api);

}  // namespace twinfleet::mirroring
