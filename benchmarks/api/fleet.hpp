#pragma once

#include <string>
#include <vector>

#include "apps/sample_fleets/generator/synthetic_fleet.hpp"

namespace twinfleet::benchmarks {

/// A synthetic fleet whose first parks have their drivers mirrored; the drivers of the others have no child yet.
struct Fleet {
    sample_fleets::SyntheticFleet synthetic;
    /// Ids of parents.
    std::vector<std::string> mirrored_parks;
    std::vector<std::string> linked_drivers;
    std::vector<std::string> unlinked_drivers;
};

/// `mirrored_share` of the parks, from the first, count as mirrored.
[[nodiscard]] Fleet describe_fleet(const sample_fleets::SyntheticFleet& synthetic, double mirrored_share);

}  // namespace twinfleet::benchmarks
