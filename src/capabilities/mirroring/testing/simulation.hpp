#pragma once

#include <cstdint>
#include <iosfwd>
#include <map>
#include <string>
#include <vector>

namespace twinfleet::mirroring::testing {

/// What a simulation went through, so that a test can tell that it went through anything.
struct SimulationTally {
    /// By name: "crash", "store away", "acknowledgement lost", "delivered twice", "lease lost", "child created", ...
    std::map<std::string, std::uint64_t> events;

    SimulationTally& operator+=(const SimulationTally& other);
};

struct SimulationResult {
    /// In words; empty when all invariants held.
    std::vector<std::string> failures;
    SimulationTally tally;
};

/// One play that follows from the seed. Two replicas of the synchronizer run their jobs and, beside them, share full
/// rounds by shards, drivers log in, and the rest of the platform edits the fleet, one step at a time in an order that
/// the seed chooses; stores fail, acknowledgements get lost, batches are delivered twice, writes hang and take effect
/// long after their callers gave up, MongoDB's replica set loses its majority and with it what it wrote meanwhile or
/// not, processes crash and are started again, leases lapse while their holders are suspended. Then the storm is over,
/// the jobs run in peace, and the separately written checker (checker.hpp) looks at what came of it, after incremental
/// passes, after full ones, and after full ones that read every child.
///
/// `trace` is told every step; nullptr: nobody is.
[[nodiscard]] SimulationResult simulate(std::uint64_t seed, std::ostream* trace = nullptr);

}  // namespace twinfleet::mirroring::testing
