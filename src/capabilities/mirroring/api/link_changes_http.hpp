#pragma once

#include "capabilities/mirroring/api/mirror_api_http.hpp"

namespace twinfleet::mirroring {

/// `GET /v1/links/{entity}/changes?after=&limit=&wait_s=` (contract, section 4): the changes of links, in pages, for
/// whoever follows them. Who asks for more than there is may wait for it, and no thread waits with him.
[[nodiscard]] std::vector<api::Route> link_change_routes(const MirrorApi& api);

}  // namespace twinfleet::mirroring
