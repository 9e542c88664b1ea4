#pragma once

#include "capabilities/mirroring/api/mirror_api_http.hpp"

namespace twinfleet::mirroring {

/// The routes `GET /v1/links/{entity}/{id}` and, for many ids at a time, `POST /v1/links/{entity}` (contract, section
/// 4), which tell what an id is linked with.
[[nodiscard]] std::vector<api::Route> link_routes(const MirrorApi& api);

}  // namespace twinfleet::mirroring
