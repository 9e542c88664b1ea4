#pragma once

#include <boost/json/object.hpp>

#include "capabilities/mirroring/api/mirror_api_http.hpp"

namespace twinfleet::mirroring {

/// The routes `GET /v1/quarantine`, which lists the quarantine, and `POST /v1/quarantine/{id}/retry`, which tries one
/// entry again (contract, section 4).
[[nodiscard]] std::vector<api::Route> quarantine_routes(const MirrorApi& api);

/// A page of the quarantine as an object with `items` and `next_cursor`. `filter.limit` is the number of entries of the
/// page.
[[nodiscard]] boost::json::object quarantine_page(QuarantineStore& quarantine, QuarantineFilter filter);

}  // namespace twinfleet::mirroring
