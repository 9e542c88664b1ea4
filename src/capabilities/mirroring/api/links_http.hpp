#pragma once

#include "capabilities/mirroring/api/mirror_api_http.hpp"

namespace twinfleet::mirroring {

/// `/v1/links`
[[nodiscard]] std::vector<api::Route> link_routes(const MirrorApi& api);

}  // namespace twinfleet::mirroring
