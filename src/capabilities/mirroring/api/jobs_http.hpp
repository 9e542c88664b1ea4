#pragma once

#include "capabilities/mirroring/api/mirror_api_http.hpp"

namespace twinfleet::mirroring {

/// The routes `GET /v1/jobs`, which tells how the jobs stand, and `POST /v1/jobs/{job}/runs`, which starts a run
/// (contract, section 4).
[[nodiscard]] std::vector<api::Route> job_routes(const MirrorApi& api);

}  // namespace twinfleet::mirroring
