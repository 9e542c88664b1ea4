#include "capabilities/mirroring/passes/batch_finisher.hpp"

#include <numeric>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "capabilities/mirroring/entities/entity_table.hpp"
#include "capabilities/mirroring/testing/fake_stores.hpp"

namespace twinfleet::mirroring {
namespace {

using ::testing::Contains;
using ::testing::IsEmpty;
using ::testing::SizeIs;

/// Batches of one item, whose child was inserted on a link just reserved.
class BatchFinisherTest : public ::testing::Test {
protected:
    BatchFinisherTest() { fakes_.put("parks", R"("_id": "park", "login": "park")"); }

    MirrorBatch inserted(std::string_view entity_name, const std::string& id) {
        const std::string park = entity_name == "parks" ? id : "park";
        const std::string child_park = entity_name == "parks" ? "child" : "child park";
        fakes_.link(entity_name,
                    {.parent_id = domain::ParentId(id),
                     .parent_park_id = domain::ParentParkId(park),
                     .child_id = domain::ChildId("child"),
                     .child_park_id = domain::ChildParkId(child_park),
                     .state = LinkState::reserved},
                    fakes_.family);
        MirrorBatch batch;
        MirrorBatch::Item& item = batch.items.emplace_back();
        item.parent.id = id;
        item.parent.park_id = park;
        item.park =
            std::make_shared<const ParkStanding>(ParkStanding{.is_mirrored = true, .child_park_id = "child park"});
        item.link = fakes_.link_of(entity_name, id);
        item.is_new = true;
        item.was_inserted = true;
        item.is_to_be_recorded = true;
        item.result = MirrorBatch::Result::created;
        return batch;
    }
    void finish(MirrorBatch& batch, std::string_view entity_name, const Lease* lease) {
        const BatchContext context(fakes_.environment, entity(entity_name), fakes_.family, {.lease = lease});
        BatchFinisher(context).finish(batch);
    }
    Lease take_lease(std::string_view job) {
        return testing::FakeLeaseStore(fakes_.world)
            .acquire(job, fakes_.family.name, "a test", std::chrono::hours(1))
            .value();
    }

    testing::FakeEnvironment fakes_;
};

TEST_F(BatchFinisherTest, TheHolderOfTheLeaseVouchesForTheChild) {
    const Lease lease = take_lease("work_rules");
    MirrorBatch batch = inserted("work_rules", "rule");
    finish(batch, "work_rules", &lease);
    EXPECT_EQ(fakes_.link_of("work_rules", "rule")->state, LinkState::linked);
    EXPECT_TRUE(fakes_.link_of("work_rules", "rule")->source_hash);
    EXPECT_EQ(batch.counts, (RunCounts{.read = 1, .created = 1}));
}

TEST_F(BatchFinisherTest, WhoeverMakesAChildOnDemandDoesNot) {
    MirrorBatch batch = inserted("work_rules", "rule");
    finish(batch, "work_rules", nullptr);
    EXPECT_EQ(fakes_.link_of("work_rules", "rule")->state, LinkState::linked);
    EXPECT_FALSE(fakes_.link_of("work_rules", "rule")->source_hash);
}

TEST_F(BatchFinisherTest, WhatIsInANewParkIsLookedAt) {
    const Lease lease = take_lease("parks");
    MirrorBatch batch = inserted("parks", "park");
    finish(batch, "parks", &lease);
    for (const Entity& each : entities()) {
        EXPECT_THAT(fakes_.world.backfills(each.name, fakes_.family.name),
                    SizeIs(each.creation == Creation::with_park ? 1 : 0))
            << each.name;
    }
}

TEST_F(BatchFinisherTest, WhatCannotBeMirroredGoesIntoQuarantineAndComesOutOnceItCan) {
    const Lease lease = take_lease("work_rules");
    MirrorBatch batch = inserted("work_rules", "rule");
    batch.items.front().is_to_be_recorded = false;
    batch.items.front().quarantine(reason::too_large);
    finish(batch, "work_rules", &lease);
    ASSERT_THAT(fakes_.world.quarantine(), SizeIs(1));
    EXPECT_EQ(fakes_.world.quarantine().front().parent.reason, reason::too_large);

    MirrorBatch later = inserted("work_rules", "rule");
    finish(later, "work_rules", &lease);
    EXPECT_THAT(fakes_.world.quarantine(), IsEmpty());
}

TEST_F(BatchFinisherTest, ADriverIsInHisProfileBeforeHisLinkIsLinked) {
    MirrorBatch batch = inserted("drivers", "driver");
    batch.items.front().parent.license_number = "ab 1";
    batch.items.front().has_new_id = true;
    std::vector<std::string> calls;
    fakes_.world.interfere([&](const testing::Step& step) {
        if (step.phase == testing::Phase::before) {
            calls.emplace_back(step.call);
        }
        return testing::Delivery::once;
    });
    finish(batch, "drivers", nullptr);
    EXPECT_EQ(calls.front(), "unique_drivers.place_profiles");
    EXPECT_EQ(calls.back(), "links.record_outcome");
    EXPECT_THAT(fakes_.world.documents("unique_drivers"), SizeIs(1));
}

TEST_F(BatchFinisherTest, ADriverWhomSomebodyElseHasTakenOverIsLeftToHim) {
    MirrorBatch batch = inserted("drivers", "driver");
    batch.items.front().parent.license_number = "ab 1";
    const std::vector ids{domain::ParentId("driver")};
    LinkStore& links = fakes_.stores.links;
    batch.items.front().write_token = links.begin_write(nullptr, entity("drivers"), fakes_.family, ids).token;
    static_cast<void>(links.begin_write(nullptr, entity("drivers"), fakes_.family, ids));
    finish(batch, "drivers", nullptr);
    EXPECT_THAT(fakes_.world.documents("unique_drivers"), IsEmpty());
    EXPECT_EQ(fakes_.link_of("drivers", "driver")->state, LinkState::reserved) << "as his profile is in no record";
    EXPECT_THAT(fakes_.world.backfills("drivers", fakes_.family.name), SizeIs(1)) << "the other may be cut off";
}

TEST_F(BatchFinisherTest, ADriverIsNotPlacedOnceTheLeaseIsLost) {
    const Lease lost = take_lease("drivers");
    testing::FakeLeaseStore(fakes_.world).release(lost);
    MirrorBatch batch = inserted("drivers", "driver");
    batch.items.front().parent.license_number = "ab 1";
    EXPECT_THROW(finish(batch, "drivers", &lost), LeaseLost);
    EXPECT_THAT(fakes_.world.documents("unique_drivers"), IsEmpty());
}

/// No record takes anybody.
class FullRecords final : public UniqueDriverStore {
public:
    std::vector<std::size_t> place_profiles(const domain::AppFamily&,
                                            std::span<const DriverProfile> profiles) override {
        std::vector<std::size_t> refused(profiles.size());
        std::iota(refused.begin(), refused.end(), 0);
        return refused;
    }
    std::vector<ProfilePlace> find_profiles(const domain::AppFamily&,
                                            std::span<const DriverProfile> profiles) override {
        return std::vector(profiles.size(), ProfilePlace::missing);
    }
};

TEST_F(BatchFinisherTest, ADriverWhoseRecordDoesNotTakeHimStaysReserved) {
    MirrorBatch batch = inserted("drivers", "driver");
    batch.items.front().parent.license_number = "ab 1";
    FullRecords records;
    const MirrorEnvironment environment{
        .stores = {fakes_.stores.links, fakes_.stores.quarantine, fakes_.stores.entities, records, fakes_.ids},
        .clock = fakes_.clock,
        .park_enabled = fakes_.environment.park_enabled};
    const BatchContext context(environment, entity("drivers"), fakes_.family, {});
    BatchFinisher(context).finish(batch);
    EXPECT_EQ(fakes_.link_of("drivers", "driver")->state, LinkState::reserved);
    EXPECT_THAT(fakes_.world.quarantine(), SizeIs(1));
}

TEST_F(BatchFinisherTest, ABatchThatCameToNothingRecordsNothing) {
    const Lease lease = take_lease("work_rules");
    MirrorBatch batch;
    std::vector<std::string> calls;
    fakes_.world.interfere([&](const testing::Step& step) {
        calls.emplace_back(step.call);
        return testing::Delivery::once;
    });
    finish(batch, "work_rules", &lease);
    EXPECT_THAT(calls, ::testing::Not(Contains("links.record_outcome")));
}

}  // namespace
}  // namespace twinfleet::mirroring
