#include "capabilities/mirroring/passes/child_retirement.hpp"

#include <algorithm>
#include <optional>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "capabilities/mirroring/entities/entity_table.hpp"
#include "capabilities/mirroring/testing/fake_stores.hpp"

namespace twinfleet::mirroring {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

/// A rule of a mirrored park whose parent is gone.
class ChildRetirementTest : public ::testing::Test {
protected:
    ChildRetirementTest() { fakes_.link_park("park", "child park"); }

    void link_rule(LinkState state = LinkState::linked) {
        fakes_.link("work_rules",
                    {.parent_id = domain::ParentId("rule"),
                     .parent_park_id = domain::ParentParkId("park"),
                     .child_id = domain::ChildId("child"),
                     .child_park_id = domain::ChildParkId("child park"),
                     .state = state},
                    fakes_.family);
    }
    void put_child(bool is_enabled) {
        fakes_.put("work_rules", R"("_id": "child", "park_id": "child park", "is_enabled": )" +
                                     std::string(is_enabled ? "true" : "false"));
    }
    std::size_t retire() {
        outcome_ = {};
        const BatchContext context(fakes_.environment, entity("work_rules"), fakes_.family, {});
        ParkStandings parks(fakes_.stores.links, fakes_.family);
        ReferenceResolver references(context, {});
        BatchPlanner planner(context, parks, references);
        ForeignEditRecorder foreign_edits(fakes_.ids);
        const std::vector<Link> links{fakes_.link_of("work_rules", "rule").value()};
        return ChildRetirement(context, parks, planner, foreign_edits, links, outcome_).retire();
    }
    bool is_child_on() {
        const auto child = fakes_.world.document("work_rules", testing::id_key("child"));
        return child->view().find("is_enabled")->boolean();
    }

    testing::FakeEnvironment fakes_;
    BatchOutcome outcome_;
};

TEST_F(ChildRetirementTest, SwitchesTheChildOff) {
    link_rule();
    put_child(true);
    EXPECT_EQ(retire(), 1U);
    EXPECT_FALSE(is_child_on());
    EXPECT_THAT(outcome_.retired, SizeIs(1));
    EXPECT_THAT(outcome_.foreign_edits, IsEmpty());
}

TEST_F(ChildRetirementTest, OneThatIsOffAlreadyIsNotWritten) {
    link_rule();
    put_child(false);
    const auto before = fakes_.world.document("work_rules", testing::id_key("child"));
    EXPECT_EQ(retire(), 1U);
    const auto after = fakes_.world.document("work_rules", testing::id_key("child"));
    EXPECT_TRUE(std::ranges::equal(after->view().bytes(), before->view().bytes()));
}

TEST_F(ChildRetirementTest, WhoseParentIsBackIsLeftAlone) {
    link_rule();
    put_child(true);
    fakes_.put("work_rules", R"("_id": "rule", "park_id": "park")");
    EXPECT_EQ(retire(), 0U);
    EXPECT_TRUE(is_child_on());
    EXPECT_THAT(outcome_.retired, IsEmpty());
}

TEST_F(ChildRetirementTest, WhoseParentIsInAParkThatIsNotMirroredIsRetired) {
    link_rule();
    put_child(true);
    fakes_.put("work_rules", R"("_id": "rule", "park_id": "far park")");
    EXPECT_EQ(retire(), 1U);
    EXPECT_FALSE(is_child_on());
}

TEST_F(ChildRetirementTest, AnIdThatWasReservedJustNowIsNotTakenFromWhoMayStillUseIt) {
    link_rule(LinkState::reserved);
    EXPECT_EQ(retire(), 0U);
    fakes_.world.advance(7'200'000);
    EXPECT_EQ(retire(), 1U);
}

TEST_F(ChildRetirementTest, AChildThatIsGoneNeedsNoWrite) {
    link_rule();
    EXPECT_EQ(retire(), 1U);
    EXPECT_FALSE(fakes_.world.document("work_rules", testing::id_key("child")));
}

TEST_F(ChildRetirementTest, AChildThatIsGoneWhileAWriteIsOpenIsLookedAtByTheNextPass) {
    link_rule();
    const std::vector<domain::ParentId> begun{domain::ParentId("rule")};
    (void)fakes_.stores.links.begin_write(nullptr, entity("work_rules"), fakes_.family, begun);
    EXPECT_EQ(retire(), 0U);
    EXPECT_THAT(outcome_.synced, SizeIs(1)) << "whoever had begun has no say any more";
}

TEST_F(ChildRetirementTest, OneThatSomebodyHasSwitchedOnAgainIsRecordedAsAForeignEdit) {
    link_rule(LinkState::retired);
    put_child(true);
    const BatchContext context(fakes_.environment, entity("work_rules"), fakes_.family, {});
    const std::vector<Link> retired{fakes_.link_of("work_rules", "rule").value()};
    EXPECT_THAT(switched_on_again(context, retired), SizeIs(1));
    EXPECT_EQ(retire(), 1U);
    EXPECT_FALSE(is_child_on());
    EXPECT_THAT(outcome_.foreign_edits, SizeIs(1));
    EXPECT_THAT(switched_on_again(context, retired), IsEmpty());
}

}  // namespace
}  // namespace twinfleet::mirroring
