#pragma once

#include "capabilities/mirroring/api/mirror_api_http.hpp"

namespace twinfleet::mirroring {

/// `/v1/jobs`
[[nodiscard]] std::vector<api::Route> job_routes(const MirrorApi& api);

}  // namespace twinfleet::mirroring
