#include "capabilities/mirroring/jobs/job_dependencies.hpp"

namespace twinfleet::mirroring {

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
    };
}

}  // namespace twinfleet::mirroring
