#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "capabilities/mirroring/creation/child_creator.hpp"
#include "capabilities/mirroring/jobs/run_launcher.hpp"
#include "capabilities/mirroring/jobs/scheduler.hpp"
#include "capabilities/mirroring/memory/foreign_edits/foreign_edit.hpp"
#include "capabilities/mirroring/memory/links/link_reader.hpp"
#include "capabilities/mirroring/overview/overview.hpp"
#include "platform/api/route.hpp"

namespace twinfleet::mirroring {

/// What the endpoints work with; outlives the routes.
struct MirrorApi {
    LinkReader& link_reader;
    ChildCreator& child_creator;
    RunLauncher& launcher;
    RunStore& runs;
    QuarantineStore& quarantine;
    ForeignEditStore& foreign_edits;
    LinkStore& links;
    Overview& overview;
    /// By entity name.
    const std::map<std::string, EntityStore*, std::less<>>& stores;
    /// Not empty.
    const std::vector<domain::AppFamily>& families;
    /// By name of the job.
    const std::map<std::string, JobSchedule>& schedules;
    log::Logger& log;
};

/// All of the API (contract, section 4).
[[nodiscard]] std::vector<api::Route> mirror_routes(const MirrorApi& api);
/// The description of the API: OpenAPI 3.1.
[[nodiscard]] std::string_view mirror_openapi();

}  // namespace twinfleet::mirroring
