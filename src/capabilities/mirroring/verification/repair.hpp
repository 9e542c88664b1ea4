#pragma once

#include <functional>
#include <span>
#include <string>

#include "capabilities/mirroring/memory/leases/lease.hpp"
#include "capabilities/mirroring/memory/runs/run_store.hpp"
#include "capabilities/mirroring/passes/mirror_environment.hpp"

namespace twinfleet::mirroring {

/// Brings the children of these parents into step, as far as the parents have any, like one batch of a verifying pass.
/// Has to be called under the lease of the entity's job. Returns what was done. A child whose parent is gone is left to
/// the full pass, which alone retires children. Throws what the stores throw, and what `assert_lease` throws:
/// LeaseLost.
RunCounts repair_parents(const MirrorEnvironment& environment, const Entity& entity, const domain::AppFamily& family,
                         std::span<const std::string> ids, const Lease& lease,
                         const std::function<void()>& assert_lease);

}  // namespace twinfleet::mirroring
