#include "benchmarks/api/fleet.hpp"

namespace twinfleet::benchmarks {

Fleet describe_fleet(const sample_fleets::SyntheticFleet& synthetic, double mirrored_share) {
    Fleet fleet{.synthetic = synthetic};
    const auto mirrored = static_cast<std::uint32_t>(mirrored_share * synthetic.parks);
    for (std::uint32_t park = 0; park < mirrored; ++park) {
        fleet.mirrored_parks.push_back(synthetic_park_id(synthetic, park));
    }
    for (std::uint32_t driver = 0; driver < synthetic.drivers; ++driver) {
        // Drivers are dealt to the parks in turn.
        const bool is_mirrored = driver % synthetic.parks < mirrored;
        (is_mirrored ? fleet.linked_drivers : fleet.unlinked_drivers).push_back(synthetic_driver_id(synthetic, driver));
    }
    return fleet;
}

}  // namespace twinfleet::benchmarks
