#include "capabilities/mirroring/passes/batch_planner.hpp"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "capabilities/mirroring/entities/entity_table.hpp"
#include "capabilities/mirroring/testing/fake_stores.hpp"

namespace twinfleet::mirroring {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

class BatchPlannerTest : public ::testing::Test {
protected:
    BatchPlannerTest() { fakes_.link_park("park", "child park"); }

    /// Documents as they were read, each given as JSON.
    static DocumentBatch read(std::initializer_list<std::string> documents) {
        DocumentBatch batch;
        for (const std::string& document : documents) {
            batch.add(bson::from_json(document));
        }
        return batch;
    }
    std::unique_ptr<MirrorBatch> plan_of(DocumentBatch&& documents) {
        auto batch = planner_.gather(std::move(documents));
        planner_.resolve(*batch);
        planner_.make_plan(*batch, nullptr);
        return batch;
    }

    testing::FakeEnvironment fakes_;
    const BatchContext context_{fakes_.environment, entity("work_rules"), fakes_.family, {}};
    ParkStandings parks_{fakes_.stores.links, fakes_.family};
    ReferenceResolver references_{context_, {}};
    BatchPlanner planner_{context_, parks_, references_};
};

TEST_F(BatchPlannerTest, OfADocumentThatWasReadTwiceTheLaterReadingCounts) {
    const auto batch = planner_.gather(read({R"({"_id": "rule", "park_id": "park", "name": "old",
                  "updated_ts": {"$timestamp": {"t": 7, "i": 1}}})",
                                             R"({"_id": "other", "park_id": "park"})",
                                             R"({"_id": "rule", "park_id": "park", "name": "new",
                  "updated_ts": {"$timestamp": {"t": 9, "i": 1}}})"}));
    ASSERT_THAT(batch->items, SizeIs(2));
    EXPECT_EQ(batch->items[0].parent.document.find("name")->string(), "new");
    EXPECT_EQ(batch->items[1].parent.id, "other");
    EXPECT_EQ(batch->newest.timestamp, (bson::Timestamp{9, 1}));
}

TEST_F(BatchPlannerTest, WhatIsToBecomeOfAParentIsWorkedOutOnceAndPlanned) {
    const auto batch = plan_of(read({R"({"_id": "rule", "park_id": "park"})", R"({"_id": "far", "park_id": "far"})",
                                     R"({"_id": 7, "park_id": "park"})"}));
    EXPECT_EQ(batch->items[0].decision.kind, Decision::Kind::mirror);
    EXPECT_EQ(batch->items[0].operation.step, Step::reserve);
    EXPECT_EQ(batch->items[1].decision.kind, Decision::Kind::skip);
    EXPECT_EQ(batch->items[1].result, MirrorBatch::Result::skipped);
    EXPECT_EQ(batch->items[2].decision.kind, Decision::Kind::quarantine);
    EXPECT_EQ(batch->items[2].result, MirrorBatch::Result::quarantined);
    EXPECT_EQ(batch->items[2].operation.reason, reason::bad_id);
}

TEST_F(BatchPlannerTest, AReservedLinkIsCommittedBeforeTheChildIsMade) {
    const auto batch = plan_of(read({R"({"_id": "rule", "park_id": "park"})"}));
    planner_.reserve(*batch);
    const MirrorBatch::Item& item = batch->items.front();
    EXPECT_EQ(item.operation.step, Step::create);
    EXPECT_TRUE(item.is_new);
    EXPECT_EQ(fakes_.link_of("work_rules", "rule")->child_id, item.link->child_id);
    EXPECT_EQ(fakes_.link_of("work_rules", "rule")->state, LinkState::reserved);
}

TEST_F(BatchPlannerTest, WhoeverLosesTheRaceForALinkGoesOnWithTheWinners) {
    const auto batch = plan_of(read({R"({"_id": "rule", "park_id": "park"})"}));
    fakes_.link("work_rules",
                {.parent_id = domain::ParentId("rule"),
                 .parent_park_id = domain::ParentParkId("park"),
                 .child_id = domain::ChildId("of the winner"),
                 .child_park_id = domain::ChildParkId("child park"),
                 .state = LinkState::reserved},
                fakes_.family);
    planner_.reserve(*batch);
    const MirrorBatch::Item& item = batch->items.front();
    EXPECT_EQ(item.link->child_id.value(), "of the winner");
    EXPECT_EQ(item.operation.step, Step::read_child);
}

TEST_F(BatchPlannerTest, LinksOfDocumentsThatShowThatTheyAreChildrenAreNotAskedFor) {
    fakes_.link("work_rules",
                {.parent_id = domain::ParentId("child"),
                 .parent_park_id = domain::ParentParkId("child park"),
                 .child_id = domain::ChildId("child of a child"),
                 .child_park_id = domain::ChildParkId("x"),
                 .state = LinkState::linked},
                fakes_.family);
    const auto batch =
        planner_.gather(read({R"({"_id": "child", "park_id": "child park", "parent_rule_id": "rule"})"}));
    EXPECT_FALSE(batch->items.front().link);
}

}  // namespace
}  // namespace twinfleet::mirroring
