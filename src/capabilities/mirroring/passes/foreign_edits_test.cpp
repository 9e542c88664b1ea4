// What others write into children: a pass finds it, records it and puts it right.
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "capabilities/mirroring/testing/mirrored_rules.hpp"

namespace twinfleet::mirroring::testing {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

using ForeignEdits = MirroredRules;

TEST_F(ForeignEdits, AForeignEditIsRecordedAndPutRight) {
    rename_child("r2");
    EXPECT_EQ(verify_by_pass().updated, 1U);
    const auto records = world_.foreign_edits();
    ASSERT_THAT(records, SizeIs(1));
    EXPECT_EQ(records[0].entity, "work_rules");
    EXPECT_EQ(records[0].edit.kind, ForeignEdit::Kind::changed);
    EXPECT_EQ(records[0].edit.parent_id.value(), "r2");
    EXPECT_EQ(records[0].edit.parent_park_id.value(), "park");
    EXPECT_EQ(records[0].edit.child_id.value(), child_id("r2"));
    EXPECT_EQ(records[0].edit.fields, R"({"name":{"was":"Foreign","became":"Rule"}})");
    EXPECT_EQ(verify_by_pass().updated, 0U);
    EXPECT_THAT(world_.foreign_edits(), SizeIs(1));
}

TEST_F(ForeignEdits, ARemovedChildIsRecordedAndMadeAgain) {
    const std::string id = child_id("r2");
    world_.erase("work_rules", id_key(id));
    EXPECT_EQ(verify_by_pass().created, 1U);
    ASSERT_THAT(world_.foreign_edits(), SizeIs(1));
    EXPECT_EQ(world_.foreign_edits()[0].edit.kind, ForeignEdit::Kind::removed);
    EXPECT_EQ(world_.foreign_edits()[0].edit.child_id.value(), id);
    EXPECT_TRUE(world_.document("work_rules", id_key(id)));
}

TEST_F(ForeignEdits, AChangeOfTheParentIsNoForeignEdit) {
    put("work_rules", R"("_id": "r2", "park_id": "park", "name": "New")");
    EXPECT_EQ(verify_by_pass().updated, 1U);
    EXPECT_THAT(world_.foreign_edits(), IsEmpty());
}

TEST_F(ForeignEdits, AnEditThatMeetsAChangeOfTheParentCannotBeTold) {
    rename_child("r2");
    put("work_rules", R"("_id": "r2", "park_id": "park", "name": "New")");
    EXPECT_EQ(run("work_rules", {}).updated, 1U);
    EXPECT_THAT(world_.foreign_edits(), IsEmpty());
}

TEST_F(ForeignEdits, APassThatDiedInTheMiddleOfAWriteIsNoForeigner) {
    put("work_rules", R"("_id": "r2", "park_id": "park", "name": "New")");
    world_.interfere([](const Step& step) {
        if (step.call == "links.record_outcome" && step.phase == Phase::before) {
            throw Crash();
        }
        return Delivery::once;
    });
    EXPECT_THROW(run("work_rules", {}), Crash);
    world_.interfere([](const Step&) { return Delivery::once; });
    world_.advance(100'000);
    // The parent goes back to what the child was before the crash.
    put("work_rules", R"("_id": "r2", "park_id": "park", "name": "Rule")");
    Replica another(world_, platform_, "another", {.pass = settings_, .family = family_});
    const auto result = another.run_job(entity("work_rules"), {.mode = Mode::full, .verify_children = true});
    EXPECT_EQ(result.value().counts.updated, 1U);
    EXPECT_THAT(world_.foreign_edits(), IsEmpty());
}

}  // namespace
}  // namespace twinfleet::mirroring::testing
