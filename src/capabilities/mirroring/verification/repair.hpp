#pragma once

#include <functional>
#include <span>
#include <string>

#include "capabilities/mirroring/passes/world.hpp"

namespace twinfleet::mirroring {

/// Puts the children of these parents right, as far as they have any: one batch of a verifying pass, under the lease of
/// the job of the entity. Whose parent is gone is left to the full pass, which alone retires.
RunCounts repair_parents(const World& world, const Entity& entity, const domain::AppFamily& family,
                         std::span<const std::string> ids, const Lease& lease,
                         const std::function<void()>& assert_lease);

}  // namespace twinfleet::mirroring
