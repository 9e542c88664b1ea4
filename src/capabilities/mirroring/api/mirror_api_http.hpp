#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "capabilities/mirroring/creation/child_creator.hpp"
#include "capabilities/mirroring/jobs/run_launcher.hpp"
#include "capabilities/mirroring/jobs/scheduler.hpp"
#include "capabilities/mirroring/memory/changes/link_change_feed.hpp"
#include "capabilities/mirroring/memory/foreign_edits/foreign_edit.hpp"
#include "capabilities/mirroring/memory/links/link_reader.hpp"
#include "capabilities/mirroring/overview/overview.hpp"
#include "platform/api/route.hpp"

namespace twinfleet::mirroring {

/// What the endpoints of the mirror work with; outlives the routes.
struct MirrorApi {
    LinkReader& link_reader;
    LinkChangeFeed& link_changes;
    ChildCreator& child_creator;
    RunLauncher& launcher;
    RunStore& runs;
    QuarantineStore& quarantine;
    ForeignEditStore& foreign_edits;
    LinkStore& links;
    Overview& overview;
    /// The document stores, by the name of their entity.
    const std::map<std::string, EntityStore*, std::less<>>& stores;
    /// The configured families; at least one.
    const std::vector<domain::AppFamily>& families;
    /// The schedules of the periodic jobs, by the name of the entity that a job keeps in step.
    const std::map<std::string, JobSchedule>& schedules;
    log::Logger& log;
};

/// All routes of fleet-synchronizer's API (contract, section 4).
[[nodiscard]] std::vector<api::Route> mirror_routes(const MirrorApi& api);
/// The text of the OpenAPI 3.1 file that describes the API.
[[nodiscard]] std::string_view mirror_openapi();

}  // namespace twinfleet::mirroring
