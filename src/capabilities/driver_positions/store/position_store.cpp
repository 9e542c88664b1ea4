#include "capabilities/driver_positions/store/position_store.hpp"

namespace twinfleet::driver_positions {

std::vector<platform::Outcome<AddOutcome>> PositionStore::add_each(std::span<const Addition> additions,
                                                                   platform::Time now) {
    std::vector<platform::Outcome<AddOutcome>> outcomes;
    outcomes.reserve(additions.size());
    for (const Addition& addition : additions) {
        try {
            outcomes.emplace_back(add(addition.owner, addition.positions, now));
        } catch (...) {
            outcomes.emplace_back(std::current_exception());
        }
    }
    return outcomes;
}

}  // namespace twinfleet::driver_positions
