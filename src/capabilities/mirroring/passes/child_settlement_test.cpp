#include "capabilities/mirroring/passes/child_settlement.hpp"

#include <memory>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "capabilities/mirroring/entities/entity_table.hpp"
#include "capabilities/mirroring/testing/fake_stores.hpp"

namespace twinfleet::mirroring {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

/// A linked rule of a mirrored park, and its child.
class ChildSettlementTest : public ::testing::Test {
protected:
    ChildSettlementTest() {
        fakes_.link_park("park", "child park");
        put_parent("Rule");
    }

    void put_parent(const std::string& name) {
        fakes_.put("work_rules", R"("_id": "rule", "park_id": "park", "name": ")" + name + "\"");
    }
    void put_child(const std::string& name) {
        fakes_.put("work_rules",
                   R"("_id": "child", "park_id": "child park", "parent_rule_id": "rule", "name": ")" + name + "\"");
    }
    void link_rule(std::optional<SourceHash> source_hash = std::nullopt) {
        fakes_.link("work_rules",
                    {.parent_id = domain::ParentId("rule"),
                     .parent_park_id = domain::ParentParkId("park"),
                     .child_id = domain::ChildId("child"),
                     .child_park_id = domain::ChildParkId("child park"),
                     .state = LinkState::linked,
                     .source_hash = source_hash},
                    fakes_.family);
    }
    /// The rule is read and planned now, and settled later.
    void read() {
        batch_ = planner_.gather(fakes_.fetch("work_rules", {"rule"}));
        planner_.resolve(*batch_);
        planner_.make_plan(*batch_, nullptr);
    }
    const MirrorBatch::Item& settle() {
        ChildSettlement(context_, parks_, references_, planner_, foreign_edits_, *batch_).settle({0});
        return batch_->items.front();
    }
    std::string name_of_child() {
        const auto child = fakes_.world.document("work_rules", testing::id_key("child"));
        return child ? std::string(child->view().find("name")->string()) : "no child";
    }

    testing::FakeEnvironment fakes_;
    const BatchContext context_{
        fakes_.environment, entity("work_rules"), fakes_.family, {.rules = {.read_every_child = true}}};
    ParkStandings parks_{fakes_.stores.links, fakes_.family};
    ReferenceResolver references_{context_, {}};
    BatchPlanner planner_{context_, parks_, references_};
    ForeignEditRecorder foreign_edits_{fakes_.ids};
    std::unique_ptr<MirrorBatch> batch_;
};

TEST_F(ChildSettlementTest, TheChildBecomesWhatTheParentIsNow) {
    link_rule();
    put_child("Old");
    read();
    put_parent("Newer");
    const MirrorBatch::Item& item = settle();
    EXPECT_EQ(item.result, MirrorBatch::Result::updated);
    EXPECT_TRUE(item.is_to_be_recorded);
    EXPECT_TRUE(item.write_token);
    EXPECT_EQ(name_of_child(), "Newer");
}

TEST_F(ChildSettlementTest, AChildThatIsRightIsRecordedAndNotWritten) {
    link_rule();
    put_child("Rule");
    read();
    int updates = 0;
    fakes_.world.interfere([&](const testing::Step& step) {
        updates += step.call == "work_rules.update" ? 1 : 0;
        return testing::Delivery::once;
    });
    const MirrorBatch::Item& item = settle();
    EXPECT_EQ(item.result, MirrorBatch::Result::unchanged);
    EXPECT_TRUE(item.is_to_be_recorded);
    EXPECT_EQ(updates, 0);
}

TEST_F(ChildSettlementTest, AChildThatIsRightGetsANewVersionWhenAnotherWriteIsOpen) {
    link_rule();
    put_child("Rule");
    read();
    const std::vector<domain::ParentId> begun{domain::ParentId("rule")};
    (void)fakes_.stores.links.begin_write(nullptr, entity("work_rules"), fakes_.family, begun);
    const auto before = fakes_.world.document("work_rules", testing::id_key("child"));
    EXPECT_EQ(settle().result, MirrorBatch::Result::unchanged);
    const auto after = fakes_.world.document("work_rules", testing::id_key("child"));
    EXPECT_FALSE(before->view().find("updated_ts")->same_value(*after->view().find("updated_ts")));
}

TEST_F(ChildSettlementTest, AChildThatIsGoneIsMadeAgain) {
    link_rule();
    read();
    EXPECT_EQ(settle().result, MirrorBatch::Result::created);
    EXPECT_EQ(name_of_child(), "Rule");
}

TEST_F(ChildSettlementTest, FieldsThatNoReplacementMayHaveAreInNeitherNewNorOldChildren) {
    const auto put_with_dollar = [this](const std::string& id, const std::string& park, const std::string& name) {
        fakes_.world.put("work_rules", bson::Builder()
                                           .string("_id", id)
                                           .string("park_id", park)
                                           .string("parent_rule_id", "rule")
                                           .string("name", name)
                                           .int32("$price", 5)
                                           .int32("a.b", 1)
                                           .take());
    };
    const auto child = [this] { return *fakes_.world.document("work_rules", testing::id_key("child")); };
    put_with_dollar("rule", "park", "Rule");
    link_rule();
    read();
    EXPECT_EQ(settle().result, MirrorBatch::Result::created);
    EXPECT_FALSE(child().view().find("$price"));
    EXPECT_TRUE(child().view().find("a.b"));

    put_with_dollar("rule", "park", "Renamed");
    read();
    EXPECT_EQ(settle().result, MirrorBatch::Result::updated);
    EXPECT_EQ(name_of_child(), "Renamed");

    // As it was inserted by earlier versions.
    put_with_dollar("child", "child park", "Old");
    read();
    EXPECT_EQ(settle().result, MirrorBatch::Result::updated);
    EXPECT_EQ(name_of_child(), "Renamed");
    EXPECT_FALSE(child().view().find("$price"));
    read();
    EXPECT_EQ(settle().result, MirrorBatch::Result::unchanged);
}

TEST_F(ChildSettlementTest, AParentThatIsGoneIsLeftToTheFullPass) {
    link_rule();
    put_child("Old");
    read();
    fakes_.world.erase("work_rules", testing::id_key("rule"));
    const MirrorBatch::Item& item = settle();
    EXPECT_EQ(item.result, MirrorBatch::Result::skipped);
    EXPECT_FALSE(item.is_to_be_recorded);
    EXPECT_EQ(name_of_child(), "Old");
}

TEST_F(ChildSettlementTest, WhatOthersWroteIntoAChildIsRecordedWhenItsHashWasKnown) {
    put_child("Foreign");
    link_rule();
    read();
    const SourceHash hash = batch_->items.front().operation.projection.hash;
    const std::vector<domain::ParentId> begun{domain::ParentId("rule")};
    const BegunWrite token = fakes_.stores.links.begin_write(nullptr, entity("work_rules"), fakes_.family, begun);
    fakes_.stores.links.record_outcome(nullptr, entity("work_rules"), fakes_.family, SyncedLinks::all,
                                       {.synced = {{.parent_id = domain::ParentId("rule"),
                                                    .parent_park_id = domain::ParentParkId("park"),
                                                    .child_park_id = domain::ChildParkId("child park"),
                                                    .source_hash = hash,
                                                    .source_updated_ts = std::nullopt,
                                                    .write_token = token.token}}});
    EXPECT_EQ(settle().result, MirrorBatch::Result::updated);
    EXPECT_THAT(batch_->outcome.foreign_edits, SizeIs(1));
    EXPECT_EQ(batch_->foreign_edits.count, 1U);
}

TEST_F(ChildSettlementTest, ADifferenceOfAChildWithoutAHashMayBeOurOwn) {
    link_rule();
    put_child("Old");
    read();
    EXPECT_EQ(settle().result, MirrorBatch::Result::updated);
    EXPECT_THAT(batch_->outcome.foreign_edits, IsEmpty());
}

TEST_F(ChildSettlementTest, AChildThatSomebodyKeepsWritingLeavesTheBatchUnsettled) {
    link_rule();
    put_child("Old");
    read();
    int edits = 0;
    fakes_.world.interfere([&](const testing::Step& step) {
        if (step.call == "work_rules.update" && step.phase == testing::Phase::before) {
            put_child("Edit " + std::to_string(++edits));
        }
        return testing::Delivery::once;
    });
    EXPECT_EQ(settle().result, MirrorBatch::Result::unsettled);
    EXPECT_TRUE(batch_->is_unsettled);
    EXPECT_FALSE(batch_->items.front().is_to_be_recorded);
}

TEST_F(ChildSettlementTest, AChildThatTheStoreWillNotHaveGoesIntoQuarantine) {
    link_rule();
    put_child("Old");
    read();
    fakes_.world.refuse_documents([](bson::View document) { return document.find("parent_rule_id").has_value(); });
    EXPECT_EQ(settle().result, MirrorBatch::Result::quarantined);
    EXPECT_EQ(batch_->items.front().operation.reason, reason::write_refused);
}

}  // namespace
}  // namespace twinfleet::mirroring
