#include "apps/fleet_synchronizer/startup/mirror_memory.hpp"

namespace twinfleet::fleet_synchronizer {

MirrorMemory::MirrorMemory(postgres::Pool& pool, const platform::Clock& clock)
    : links(pool),
      leases(pool),
      quarantine(pool),
      runs(pool),
      foreign_edits(pool),
      link_changes(pool),
      erasures(pool),
      verification(pool),
      lease_wishes(pool, clock),
      full_rounds(pool),
      source(pool) {}

}  // namespace twinfleet::fleet_synchronizer
