#pragma once

#include "capabilities/mirroring/api/mirror_api_http.hpp"

namespace twinfleet::mirroring {

/// The route `POST /v1/children/drivers` (contract, section 4), which makes the child of a driver.
[[nodiscard]] std::vector<api::Route> child_routes(const MirrorApi& api);

}  // namespace twinfleet::mirroring
