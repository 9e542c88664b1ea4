#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "capabilities/mirroring/jobs/job_runner.hpp"
#include "capabilities/mirroring/testing/fake_entity_store.hpp"
#include "capabilities/mirroring/testing/fake_link_store.hpp"
#include "capabilities/mirroring/testing/fake_run_store.hpp"
#include "platform/log/capturing_logger.hpp"

namespace twinfleet::mirroring::testing {

/// Everything that jobs need, over a world in memory: what the composition root makes of the real stores. Every park is
/// enabled. Deadlines go by the machine's clock, leases by the world's, which stands still.
class JobsOverFakes {
public:
    JobsOverFakes();

    void put(std::string_view collection, std::string_view fields) {
        world.put(collection, bson::from_json("{" + std::string(fields) + "}").view());
    }
    /// Somebody else holds it from now on, for as long as the world's clock stands still.
    [[nodiscard]] Lease take_lease(std::string_view job) const;
    /// The child; empty where there is none.
    [[nodiscard]] std::string child_id(std::string_view entity, std::string_view parent_id) const;

    FakeWorld world;
    FakeLinkStore links{world};
    mutable FakeLeaseStore leases{world};
    FakeQuarantineStore quarantine{world};
    FakeFullRoundStore rounds{world};
    FakeUniqueDriverStore unique_drivers{world};
    FakeRunStore runs;
    FakeLeaseWishes wishes;
    RandomIdSource ids;
    platform::SystemClock clock;
    log::CapturingLogger log;
    const domain::AppFamily family{"vezet"};

    EntityStoresByName stores;
    JobDependencies dependencies;
    JobRunner runner;

private:
    std::vector<std::unique_ptr<FakeEntityStore>> owned_stores_;
};

}  // namespace twinfleet::mirroring::testing
