#pragma once

#include "capabilities/mirroring/api/mirror_api_http.hpp"

namespace twinfleet::mirroring {

/// `/v1/foreign-edits`
[[nodiscard]] std::vector<api::Route> foreign_edit_routes(const MirrorApi& api);

}  // namespace twinfleet::mirroring
