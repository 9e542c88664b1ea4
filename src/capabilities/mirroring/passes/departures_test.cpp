// What a full pass does about parents that are gone.
#include "capabilities/mirroring/passes/departures.hpp"

#include <algorithm>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "capabilities/mirroring/testing/mirrored_rules.hpp"

namespace twinfleet::mirroring::testing {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

class DeparturesTest : public MirroredRules {
protected:
    void remove(const std::string& rule) { world_.erase("work_rules", id_key(rule)); }
    std::size_t retired() const {
        const auto links = world_.links("work_rules");
        return static_cast<std::size_t>(
            std::ranges::count_if(links, [](const auto& stored) { return stored.link.state == LinkState::retired; }));
    }
    RunCounts run_with_budget(const RetirementBudget& budget, const PassRequest& request = {.mode = Mode::full}) {
        PassSettings settings = settings_;
        settings.retirement = budget;
        Replica replica(world_, platform_, "of budget", {.pass = settings, .family = family_});
        return replica.run_job(entity("work_rules"), request).value().counts;
    }
};

TEST_F(DeparturesTest, ChildrenOfParentsThatAreGoneAreRetired) {
    remove("r1");
    put("work_rules", R"("_id": "r2", "park_id": "far", "name": "Rule")");
    EXPECT_EQ(run("work_rules", {.mode = Mode::full}).retired, 2U);
    EXPECT_EQ(retired(), 2U);
    EXPECT_EQ(run("work_rules", {.mode = Mode::full}).retired, 0U);
}

TEST_F(DeparturesTest, TheBudgetHoldsBackTheOthersUntilTheNextPass) {
    remove("r1");
    remove("r2");
    remove("r3");
    const RetirementBudget two{.share_max = 0, .always_allowed = 2, .count_max = 2};
    const RunCounts first = run_with_budget(two);
    EXPECT_EQ(first.retired, 2U);
    EXPECT_EQ(first.retirements_held_back, 1U);
    const RunCounts second = run_with_budget(two);
    EXPECT_EQ(second.retired, 1U);
    EXPECT_EQ(second.retirements_held_back, 0U);
}

TEST_F(DeparturesTest, WhenNoParentIsLeftNobodyIsRetired) {
    for (const char* rule : {"r1", "r2", "r3", "r4", "r5"}) {
        remove(rule);
    }
    put("work_rules", R"("_id": 7, "park_id": ")" + world_.links("parks").front().link.child_id.value() + "\"");
    const RunCounts counts = run("work_rules", {.mode = Mode::full});
    EXPECT_EQ(counts.retired, 0U);
    EXPECT_EQ(counts.retirements_held_back, 5U);
    EXPECT_EQ(retired(), 0U);
    Replica replica(world_, platform_, "of setting", {.pass = settings_, .family = family_});
    EXPECT_TRUE(replica.run_job(entity("work_rules"), {.mode = Mode::full}).value().no_parent_is_left);
    EXPECT_EQ(run_with_budget({.also_when_no_parent_is_left = true}).retired, 5U);
}

TEST_F(DeparturesTest, OfAParkAloneTheSourceIsJudgedAsAWhole) {
    put("parks", R"("_id": "other", "login": "other", "city_id": "Chicago", "is_active": true)");
    put("work_rules", R"("_id": "o1", "park_id": "other", "name": "Rule")");
    run("parks", {.mode = Mode::full});
    run("work_rules", {.mode = Mode::full});
    world_.advance(100'000);
    remove("o1");
    PassRequest of_park{.mode = Mode::full};
    of_park.scope.parks = {domain::ParentParkId("other")};
    EXPECT_EQ(run("work_rules", of_park).retired, 1U) << "rules of another park are there";
    for (const char* rule : {"r1", "r2", "r3", "r4", "r5"}) {
        remove(rule);
    }
    of_park.scope.parks = {domain::ParentParkId("park")};
    const RunCounts counts = run("work_rules", of_park);
    EXPECT_EQ(counts.retired, 0U);
    EXPECT_EQ(counts.retirements_held_back, 5U);
}

TEST_F(DeparturesTest, ParentsThatAreAllOthersRetireNobodyBeyondTheBudget) {
    for (const char* rule : {"r1", "r2", "r3", "r4", "r5"}) {
        remove(rule);
    }
    put("work_rules", R"("_id": "new", "park_id": "far", "name": "Rule")");
    const RunCounts counts = run_with_budget({.share_max = 0, .always_allowed = 4, .count_max = 4});
    EXPECT_EQ(counts.retired, 0U) << "the first four would go, and the rest an hour later";
    EXPECT_EQ(counts.retirements_held_back, 5U);
    EXPECT_EQ(run_with_budget({.share_max = 0, .always_allowed = 5, .count_max = 5}).retired, 5U)
        << "few may all have left, as others are there";
}

TEST_F(DeparturesTest, ShardsJudgeTheSourceAsAWhole) {
    for (const char* rule : {"r1", "r2", "r3", "r4", "r5"}) {
        remove(rule);
    }
    ASSERT_FALSE(replica_.run_next_shard(entity("work_rules"))) << "rounds begin an interval after the first look";
    RunCounts counts;
    for (int shard = 0; shard < 3; ++shard) {
        counts += replica_.run_next_shard(entity("work_rules")).value().counts;
    }
    EXPECT_EQ(world_.rounds_finished("work_rules", family_.name), 1);
    EXPECT_EQ(counts.retired, 0U);
    EXPECT_EQ(counts.retirements_held_back, 5U);
    EXPECT_EQ(retired(), 0U);
}

TEST_F(DeparturesTest, WhoIsMetInAParkThatIsNotMirroredIsNoMatterOfAbsence) {
    for (const char* rule : {"r1", "r2", "r3", "r4", "r5"}) {
        put("work_rules", R"("_id": ")" + std::string(rule) + R"(", "park_id": "far", "name": "Rule")");
    }
    EXPECT_EQ(run("work_rules", {.mode = Mode::full}).retired, 5U);
}

TEST_F(DeparturesTest, AShardRetiresAsManyAsTheRoundGrants) {
    remove("r1");
    remove("r2");
    PassRequest request{.mode = Mode::full, .shard = Shard{.index = 0, .count = 1}};
    std::size_t asked_for = 0;
    request.grant_retirements = [&](std::size_t wanted) {
        asked_for = wanted;
        return std::size_t{1};
    };
    const RunCounts counts = run_with_budget({}, request);
    EXPECT_EQ(asked_for, 2U);
    EXPECT_EQ(counts.retired, 1U);
    EXPECT_EQ(counts.retirements_held_back, 1U);
}

TEST_F(DeparturesTest, AParentThatComesBackBringsItsChildBack) {
    remove("r1");
    (void)run("work_rules", {.mode = Mode::full});
    put("work_rules", R"("_id": "r1", "park_id": "park", "name": "Rule")");
    (void)run("work_rules", {});
    EXPECT_EQ(retired(), 0U);
}

TEST_F(DeparturesTest, WhoeverIsGoneLeavesTheQuarantine) {
    put("work_rules", R"("_id": 7, "park_id": "park")");
    (void)run("work_rules", {});
    ASSERT_THAT(world_.quarantine(), SizeIs(1));
    const auto bad = world_.documents("work_rules");
    for (const auto& document : bad) {
        const auto id = document.view().find("_id");
        if (!id->is_string()) {
            world_.erase("work_rules", id_key(*id));
        }
    }
    world_.advance(1'000);
    (void)run("work_rules", {.mode = Mode::full});
    EXPECT_THAT(world_.quarantine(), IsEmpty());
}

TEST_F(DeparturesTest, OnlyAVerifyingPassSwitchesARetiredChildOffAgain) {
    const std::string id = child_id("r1");
    remove("r1");
    (void)run("work_rules", {.mode = Mode::full});
    put("work_rules", R"("_id": ")" + id + R"(", "park_id": "x", "is_enabled": true)");
    EXPECT_EQ(run("work_rules", {.mode = Mode::full}).retired, 0U);
    EXPECT_EQ(verify_by_pass().retired, 1U);
    EXPECT_FALSE(world_.document("work_rules", id_key(id))->view().find("is_enabled")->boolean());
    EXPECT_THAT(world_.foreign_edits(), SizeIs(1));
}

}  // namespace
}  // namespace twinfleet::mirroring::testing
