#pragma once

#include <boost/json/object.hpp>

#include "capabilities/mirroring/api/mirror_api_http.hpp"

namespace twinfleet::mirroring {

/// `/v1/quarantine`
[[nodiscard]] std::vector<api::Route> quarantine_routes(const MirrorApi& api);

/// A page of the quarantine, as an object with `items` and `next_cursor`; `filter.limit` is that of the page.
[[nodiscard]] boost::json::object quarantine_page(QuarantineStore& quarantine, QuarantineFilter filter);

}  // namespace twinfleet::mirroring
