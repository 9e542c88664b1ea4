#pragma once

#include "capabilities/mirroring/api/mirror_api_http.hpp"

namespace twinfleet::mirroring {

/// `/v1/runs`
[[nodiscard]] std::vector<api::Route> run_routes(const MirrorApi& api);

}  // namespace twinfleet::mirroring
