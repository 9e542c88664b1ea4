#include "apps/fleet_synchronizer/startup/old_records.hpp"

#include <chrono>

namespace twinfleet::fleet_synchronizer {

void remove_old_records(const MirrorSettings& settings, MirrorMemory& memory) {
    memory.runs.prune(settings.runs_kept_of_each_job);
    mirroring::prune_foreign_edits(memory.foreign_edits, std::chrono::days(settings.foreign_edits_kept_days));
    memory.link_changes.prune(std::chrono::days(settings.link_changes_kept_days));
}

}  // namespace twinfleet::fleet_synchronizer
