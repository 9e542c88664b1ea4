#pragma once

#include <cstdint>

#include "capabilities/driver_cache/fleet_directory.hpp"

namespace twinfleet::driver_cache {

/// Is told what becomes of drivers and parks that a FleetDirectory holds, before anybody can see it there. What a pass
/// over MongoDB does not see, it is not told: of several changes between two passes it gets the last one alone. The
/// first appearance of a driver or a park is no change.
///
/// `after` is nullptr for what was removed. `document_hash` tells the versions of a document apart, and is the same on
/// every replica that reads that version; 0 for what was removed.
///
/// Called on the threads of the passes, one call at a time for drivers and one for parks. A call holds up its pass, so
/// it must be quick, and it must not ask the directory.
class FleetWatcher {
public:
    FleetWatcher() = default;
    FleetWatcher(const FleetWatcher&) = delete;
    FleetWatcher& operator=(const FleetWatcher&) = delete;
    virtual ~FleetWatcher() = default;

    virtual void driver_changed(const Driver& before, const Driver* after, std::uint64_t document_hash) = 0;
    virtual void park_changed(const Park& before, const Park* after, std::uint64_t document_hash) = 0;
};

}  // namespace twinfleet::driver_cache
