#pragma once

#include "capabilities/mirroring/api/mirror_api_http.hpp"

namespace twinfleet::mirroring {

/// The routes `GET /v1/runs`, `GET /v1/runs/{id}` and `POST /v1/runs/{id}/cancel` (contract, section 4), by which runs
/// of jobs are watched and cancelled.
[[nodiscard]] std::vector<api::Route> run_routes(const MirrorApi& api);

}  // namespace twinfleet::mirroring
