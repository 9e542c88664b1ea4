#include "capabilities/mirroring/api/mirror_api_http.hpp"

#include <iterator>

#include "capabilities/mirroring/api/children_http.hpp"
#include "capabilities/mirroring/api/foreign_edits_http.hpp"
#include "capabilities/mirroring/api/jobs_http.hpp"
#include "capabilities/mirroring/api/link_changes_http.hpp"
#include "capabilities/mirroring/api/links_http.hpp"
#include "capabilities/mirroring/api/parks_http.hpp"
#include "capabilities/mirroring/api/quarantine_http.hpp"
#include "capabilities/mirroring/api/runs_http.hpp"
#include "embedded/mirroring_openapi.hpp"

namespace twinfleet::mirroring {

std::vector<api::Route> mirror_routes(const MirrorApi& api) {
    std::vector<api::Route> all;
    for (auto* routes : {link_routes, link_change_routes, child_routes, job_routes, run_routes, park_routes,
                         quarantine_routes, foreign_edit_routes}) {
        auto some = routes(api);
        std::move(some.begin(), some.end(), std::back_inserter(all));
    }
    return all;
}

std::string_view mirror_openapi() {
    return embedded::mirroring_openapi;
}

}  // namespace twinfleet::mirroring
