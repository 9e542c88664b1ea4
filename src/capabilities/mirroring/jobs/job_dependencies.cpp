#include "capabilities/mirroring/jobs/job_dependencies.hpp"

#include "capabilities/mirroring/source/source_guard.hpp"

namespace twinfleet::mirroring {

void JobDependencies::require_source(std::chrono::milliseconds age_max) const {
    if (const std::string problem = problem_of_source(age_max); !problem.empty()) {
        throw SourceIsAnother(problem);
    }
}

MirrorEnvironment JobDependencies::environment(const MirrorStores& over) const {
    return environment(over, enabled_parks().is_enabled, {});
}

MirrorEnvironment JobDependencies::environment(const MirrorStores& over, ParkEnabled park_enabled,
                                               OnOperation on_operation) const {
    return {
        .stores = over,
        .clock = clock,
        .park_enabled = std::move(park_enabled),
        .parent_erased = parent_erased,
        .on_operation = std::move(on_operation),
        .on_untaught_reference = on_untaught_reference,
        .on_foreign_edits = on_foreign_edits,
        .require_source = [this] { require_source(std::chrono::milliseconds(0)); },
    };
}

}  // namespace twinfleet::mirroring
