#include "capabilities/mirroring/passes/pass_request.hpp"

#include <algorithm>

namespace twinfleet::mirroring {

std::size_t RetirementBudget::of(std::size_t linked) const {
    const auto share = static_cast<std::size_t>(share_max * static_cast<double>(linked));
    return std::min(std::max(share, always_allowed), count_max);
}

}  // namespace twinfleet::mirroring
