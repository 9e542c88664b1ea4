#pragma once

#include "capabilities/mirroring/api/mirror_api_http.hpp"

namespace twinfleet::mirroring {

/// `/v1/children`
[[nodiscard]] std::vector<api::Route> child_routes(const MirrorApi& api);

}  // namespace twinfleet::mirroring
