// What a pass says that it did.
#include <ostream>
#include <string>

#include <gtest/gtest.h>

#include "capabilities/mirroring/entities/entity_table.hpp"
#include "capabilities/mirroring/testing/replica.hpp"

namespace twinfleet::mirroring {

std::ostream& operator<<(std::ostream& out, const RunCounts& counts) {
    return out << "read " << counts.read << ", created " << counts.created << ", updated " << counts.updated
               << ", unchanged " << counts.unchanged << ", skipped " << counts.skipped << ", retired " << counts.retired
               << ", quarantined " << counts.quarantined << ", dangling references " << counts.dangling_references
               << ", retirements held back " << counts.retirements_held_back;
}

namespace testing {
namespace {

/// A mirrored park with two rules and one that cannot be mirrored, all of which are in step.
class MirrorPassCounts : public ::testing::Test {
protected:
    MirrorPassCounts() {
        put("parks", R"("_id": "park", "login": "park", "city_id": "Chicago", "is_active": true)");
        put("work_rules", R"("_id": "rule", "park_id": "park")");
        put("work_rules", R"("_id": "another", "park_id": "park")");
        put("work_rules", R"("_id": 7, "park_id": "park")");
        run("parks", {.mode = Mode::full});
        run("work_rules", {.mode = Mode::full});
    }

    void put(const std::string& collection, const std::string& fields) {
        world_.put(collection, bson::from_json("{" + fields + "}").view());
    }
    /// After which nothing is read again for the overlap's sake, and the quarantine is not due.
    void come_to_rest(const std::string& job) {
        world_.advance(100'000);
        (void)run(job, {});
        EXPECT_EQ(run(job, {}), RunCounts{});
    }
    void request_backfill(const std::string& entity_name, const std::string& park) {
        FakeLinkStore links(world_, "founder");
        links.commit(nullptr, park_entity(), family_, SyncedLinks::all,
                     {.backfills_requested = {{entity_name, domain::ParentParkId(park)}}});
    }
    RunCounts run(const std::string& job, const PassRequest& request) {
        return replica_.run_job(entity(job), request).value().counts;
    }

    FakeWorld world_;
    Platform platform_{world_};
    const domain::AppFamily family_{"vezet"};
    Replica replica_{world_,
                     platform_,
                     "worker",
                     {.pass = {.batch = {.documents_max = 2}, .execution = Execution::inline_}, .family = family_}};
};

TEST_F(MirrorPassCounts, WhatABackfillReadsIsCounted) {
    come_to_rest("work_rules");
    request_backfill("work_rules", "park");
    EXPECT_EQ(run("work_rules", {}), (RunCounts{.read = 3, .unchanged = 2, .quarantined = 1}));
}

TEST_F(MirrorPassCounts, WhatABackfillSkipsIsCounted) {
    put("cars", R"("_id": "car", "park_id": "park")");
    come_to_rest("cars");
    request_backfill("cars", "park");
    EXPECT_EQ(run("cars", {}), (RunCounts{.read = 1, .skipped = 1}));
}

TEST_F(MirrorPassCounts, WhatABackfillAndTheMainReadMeetIsCountedOnce) {
    come_to_rest("work_rules");
    put("work_rules", R"("_id": "rule", "park_id": "park", "commission": 5)");
    put("work_rules", R"("_id": "another", "park_id": "park")");
    request_backfill("work_rules", "park");
    // The main read meets the child that the backfill wrote, too, and skips it.
    EXPECT_EQ(run("work_rules", {}),
              (RunCounts{.read = 4, .updated = 1, .unchanged = 1, .skipped = 1, .quarantined = 1}));
}

}  // namespace
}  // namespace testing
}  // namespace twinfleet::mirroring
