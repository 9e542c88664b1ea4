#pragma once

#include "capabilities/mirroring/api/mirror_api_http.hpp"

namespace twinfleet::mirroring {

/// The route `GET /v1/foreign-edits` (contract, section 4), which lists what others than the mirror wrote into
/// children.
[[nodiscard]] std::vector<api::Route> foreign_edit_routes(const MirrorApi& api);

}  // namespace twinfleet::mirroring
