#include "capabilities/mirroring/verification/repair.hpp"

#include "capabilities/mirroring/passes/batch_mirror.hpp"

namespace twinfleet::mirroring {

RunCounts repair_parents(const MirrorEnvironment& environment, const Entity& entity, const domain::AppFamily& family,
                         std::span<const std::string> ids, const Lease& lease,
                         const std::function<void()>& assert_lease) {
    BatchMirror mirror(environment, entity, family,
                       {.rules = {.read_every_child = true}, .lease = &lease, .assert_lease = assert_lease});
    const auto batch = mirror.gather(environment.stores.of(entity).fetch(ids));
    mirror.prepare(*batch);
    mirror.write(*batch);
    mirror.finish(*batch);
    return batch->counts;
}

}  // namespace twinfleet::mirroring
