#include "capabilities/mirroring/verification/repair.hpp"

#include "capabilities/mirroring/passes/batch_mirror.hpp"

namespace twinfleet::mirroring {

RunCounts repair_parents(const World& world, const Entity& entity, const domain::AppFamily& family,
                         std::span<const std::string> ids, const Lease& lease,
                         const std::function<void()>& assert_lease) {
    BatchMirror mirror(world, entity, family,
                       {.rules = {.read_every_child = true}, .lease = &lease, .assert_lease = assert_lease});
    const auto batch = mirror.prepare(world.store(entity).fetch(ids));
    mirror.write(*batch);
    mirror.commit(*batch);
    return batch->counts;
}

}  // namespace twinfleet::mirroring
