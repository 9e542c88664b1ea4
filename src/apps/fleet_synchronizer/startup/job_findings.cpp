#include "apps/fleet_synchronizer/startup/job_findings.hpp"

namespace twinfleet::fleet_synchronizer {

void JobFindings::untaught_reference(const mirroring::Entity& entity, std::string_view field) {
    metrics_.untaught_reference(entity, field);
    const bool is_news =
        logged_.with([&](auto& logged) { return logged.emplace(std::string(entity.name), std::string(field)).second; });
    if (is_news) {
        log_.warning("a field holds ids of parents but has no policy", {{"entity", entity.name}, {"field", field}});
    }
}

void JobFindings::foreign_edits(const mirroring::Entity& entity, const domain::AppFamily& family,
                                const mirroring::ForeignEditsFound& found) {
    metrics_.foreign_edits_found(entity, family, found.count);
    log_.warning("children that somebody else had written were put right", {{"entity", entity.name},
                                                                            {"family", family.name},
                                                                            {"count", found.count},
                                                                            {"without_record", found.without_record}});
}

}  // namespace twinfleet::fleet_synchronizer
