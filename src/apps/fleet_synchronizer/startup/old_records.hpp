#pragma once

#include "apps/fleet_synchronizer/startup/mirror_memory.hpp"
#include "apps/fleet_synchronizer/startup/mirror_settings.hpp"

namespace twinfleet::fleet_synchronizer {

/// Removes what the mirror remembers for longer than it is to be kept: records of runs, of foreign edits and of changes
/// of links. Both `serve` and `run` do it, since either may be all that ever runs. Throws what the stores throw.
void remove_old_records(const MirrorSettings& settings, MirrorMemory& memory);

}  // namespace twinfleet::fleet_synchronizer
