#pragma once

#include <vector>

#include "capabilities/access_control/audit/audit_postgres.hpp"
#include "platform/api/route.hpp"

namespace twinfleet::access_control {

/// The route `GET /v1/parks/{park_id}/audit?cursor=&limit=` (contract, section 4). The trail outlives it.
[[nodiscard]] std::vector<api::Route> audit_routes(AuditTrail& trail);

}  // namespace twinfleet::access_control
