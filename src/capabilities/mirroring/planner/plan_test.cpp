#include "capabilities/mirroring/planner/plan.hpp"

#include <gtest/gtest.h>

#include "capabilities/mirroring/entities/entity_table.hpp"

namespace twinfleet::mirroring {
namespace {

const domain::AppFamily child_family{"vezet"};

/// One parent and all that surrounds it; mirrored park, no link, no child.
class PlanTest : public ::testing::Test {
protected:
    Operation plan_one(std::string_view entity_name, std::string_view parent_json) {
        const Projector projector(entity(entity_name), child_family);
        document_ = bson::from_json(parent_json);
        facts_ = projector.inspect(document_);
        Candidate candidate;
        candidate.parent = &facts_;
        candidate.link = link_ ? &*link_ : nullptr;
        candidate.proposed_child_id = "proposed";
        candidate.park = projector.entity().is_park() ? nullptr : &park_;
        candidate.is_enabled = is_enabled_;
        candidate.child = {child_state_, child_};
        return plan(projector, std::span(&candidate, 1), references_, owners_, rules_).front();
    }
    void give_link(LinkState state) {
        link_.emplace();
        link_->parent_id = domain::ParentId("x");
        link_->parent_park_id = domain::ParentParkId("p1");
        link_->child_id = domain::ChildId("abcdef0123456789");
        link_->child_park_id = domain::ChildParkId("cp1");
        link_->state = state;
    }

    ParkStanding park_{.is_mirrored = true, .is_quarantined = false, .child_park_id = "cp1"};
    bool is_enabled_ = false;
    std::optional<Link> link_;
    ChildRead::State child_state_ = ChildRead::State::not_read;
    bson::Document child_;
    ReferenceTable references_;
    LoginOwners owners_;
    PlanRules rules_;

private:
    bson::Document document_;
    ParentFacts facts_;
};

constexpr std::string_view rule = R"({"_id": "x", "park_id": "p1", "name": "Rule"})";
constexpr std::string_view driver = R"({"_id": "x", "park_id": "p1", "work_status": "working"})";
constexpr std::string_view fired_driver = R"({"_id": "x", "park_id": "p1", "work_status": "fired"})";
constexpr std::string_view park = R"({"_id": "x", "login": "park", "city_id": "Chicago"})";

TEST_F(PlanTest, EverythingOfAMirroredParkGetsALink) {
    EXPECT_EQ(plan_one("work_rules", rule).step, Step::reserve);
}

TEST_F(PlanTest, CarsAndDriversGetNoneUnlessAskedFor) {
    EXPECT_EQ(plan_one("drivers", driver).step, Step::skip);
    rules_.create_missing = true;
    EXPECT_EQ(plan_one("drivers", driver).step, Step::reserve);
}

TEST_F(PlanTest, FiredDriversGetAChildOnlyByName) {
    rules_.create_missing = true;
    EXPECT_EQ(plan_one("drivers", fired_driver).step, Step::skip);
    rules_.create_by_name = true;
    EXPECT_EQ(plan_one("drivers", fired_driver).step, Step::reserve);
}

TEST_F(PlanTest, ParksFollowTheConfigurationUntilTheyAreLinked) {
    EXPECT_EQ(plan_one("parks", park).step, Step::skip);
    is_enabled_ = true;
    EXPECT_EQ(plan_one("parks", park).step, Step::reserve);
    is_enabled_ = false;
    give_link(LinkState::linked);
    EXPECT_EQ(plan_one("parks", park).step, Step::read_child);
}

TEST_F(PlanTest, ChildrenAreNeverSources) {
    is_enabled_ = true;
    EXPECT_EQ(plan_one("parks", R"({"_id": "x", "login": "l", "fleet_type": "other"})").step, Step::skip);
    park_.is_mirrored = false;
    EXPECT_EQ(plan_one("work_rules", rule).step, Step::skip);
}

TEST_F(PlanTest, AReservedLinkMeansCreate) {
    give_link(LinkState::reserved);
    EXPECT_EQ(plan_one("work_rules", rule).step, Step::create);
}

TEST_F(PlanTest, AnEqualHashMeansUnchanged) {
    give_link(LinkState::linked);
    link_->source_hash = plan_one("work_rules", rule).projection.hash;
    EXPECT_EQ(plan_one("work_rules", rule).step, Step::unchanged);
    rules_.read_every_child = true;
    EXPECT_EQ(plan_one("work_rules", rule).step, Step::read_child);
    rules_.read_every_child = false;
    link_->source_hash.reset();
    EXPECT_EQ(plan_one("work_rules", rule).step, Step::read_child);
}

TEST_F(PlanTest, ARetiredLinkIsLookedAtAgainWhateverItsHash) {
    give_link(LinkState::retired);
    link_->source_hash = plan_one("work_rules", rule).projection.hash;
    EXPECT_EQ(plan_one("work_rules", rule).step, Step::read_child);
}

TEST_F(PlanTest, AChildThatWasReadIsComparedAndOneThatIsGoneIsMadeAgain) {
    give_link(LinkState::linked);
    child_state_ = ChildRead::State::missing;
    EXPECT_EQ(plan_one("work_rules", rule).step, Step::create);
    child_state_ = ChildRead::State::present;
    child_ = bson::from_json(R"({"_id": "abcdef0123456789", "park_id": "cp1", "name": "Rule", "parent_rule_id": "x"})");
    EXPECT_EQ(plan_one("work_rules", rule).step, Step::unchanged);
    child_ =
        bson::from_json(R"({"_id": "abcdef0123456789", "park_id": "cp1", "name": "Edited", "parent_rule_id": "x"})");
    const auto operation = plan_one("work_rules", rule);
    EXPECT_EQ(operation.step, Step::update);
    ASSERT_EQ(operation.difference.fields.size(), 1U);
    EXPECT_EQ(operation.difference.fields[0].name, "name");
}

TEST_F(PlanTest, LeavingTheMirroredParksRetiresAChildOnce) {
    park_.is_mirrored = false;
    give_link(LinkState::linked);
    EXPECT_EQ(plan_one("drivers", driver).step, Step::retire);
    give_link(LinkState::reserved);
    EXPECT_EQ(plan_one("drivers", driver).step, Step::retire) << "somebody may have made the child and not come back";
    give_link(LinkState::retired);
    EXPECT_EQ(plan_one("drivers", driver).step, Step::skip);
}

TEST_F(PlanTest, EverythingOfAQuarantinedParkIsQuarantined) {
    park_ = {.is_mirrored = false, .is_quarantined = true, .child_park_id = ""};
    const auto operation = plan_one("work_rules", rule);
    EXPECT_EQ(operation.step, Step::quarantine);
    EXPECT_EQ(operation.reason, "parent_quarantined");
    EXPECT_EQ(plan_one("drivers", driver).step, Step::skip);
}

TEST_F(PlanTest, ABadDocumentOfAParkThatIsNotMirroredIsNobodysBusiness) {
    park_.is_mirrored = false;
    EXPECT_EQ(plan_one("work_rules", R"({"_id": 5, "park_id": "p1"})").step, Step::skip);
    park_.is_mirrored = true;
    EXPECT_EQ(plan_one("work_rules", R"({"_id": 5, "park_id": "p1"})").reason, "bad_id");
    EXPECT_EQ(plan_one("parks", R"({"_id": "x", "login": 5})").step, Step::skip);
    is_enabled_ = true;
    EXPECT_EQ(plan_one("parks", R"({"_id": "x", "login": 5})").reason, "bad_field:login");
}

TEST_F(PlanTest, AParentInQuarantineThatIsOffHasItsChildSwitchedOff) {
    constexpr auto bad_and_fired = R"({"_id": "x", "park_id": 5, "work_status": "fired"})";
    EXPECT_EQ(plan_one("drivers", bad_and_fired).step, Step::quarantine) << "there is no child";
    give_link(LinkState::linked);
    auto operation = plan_one("drivers", bad_and_fired);
    EXPECT_EQ(operation.step, Step::switch_off);
    EXPECT_EQ(operation.reason, "bad_field:park_id");
    child_state_ = ChildRead::State::present;
    child_ = bson::from_json(R"({"_id": "abcdef0123456789", "park_id": "cp1", "work_status": "working"})");
    operation = plan_one("drivers", bad_and_fired);
    EXPECT_EQ(operation.step, Step::switch_off);
    ASSERT_EQ(operation.difference.fields.size(), 1U);
    EXPECT_EQ(operation.difference.fields[0].name, "work_status");
    EXPECT_EQ(plan_one("drivers", R"({"_id": "x", "park_id": 5, "work_status": "working"})").step, Step::quarantine);
    EXPECT_EQ(plan_one("drivers", R"({"_id": "x", "park_id": 5, "work_status": 1})").step, Step::quarantine)
        << "what cannot be read says nothing";
    child_ = bson::from_json(R"({"_id": "abcdef0123456789", "park_id": "cp1", "work_status": "fired"})");
    EXPECT_EQ(plan_one("drivers", bad_and_fired).step, Step::quarantine) << "it is off";
    give_link(LinkState::retired);
    EXPECT_EQ(plan_one("drivers", bad_and_fired).step, Step::quarantine);
}

TEST_F(PlanTest, AChildThatWouldBeTooLargeIsQuarantined) {
    bson::Builder builder;
    const std::string text(document_bytes_max - 100, 'x');
    builder.string("_id", "x").string("park_id", "p1").string("text", text);
    const auto document = builder.take();
    const Projector projector(entity("work_rules"), child_family);
    const ParentFacts facts = projector.inspect(document);
    Candidate candidate;
    candidate.parent = &facts;
    candidate.park = &park_;
    candidate.proposed_child_id = "0123456789abcdef0123456789abcdef";
    const auto operations = plan(projector, std::span(&candidate, 1), references_, owners_, rules_);
    EXPECT_EQ(operations.front().step, Step::quarantine);
    EXPECT_EQ(operations.front().reason, "too_large");
}

TEST_F(PlanTest, ATakenLoginGetsTheFirstDigitsOfTheChild) {
    give_link(LinkState::linked);
    EXPECT_EQ(login_of_child("park", child_family, "abcdef0123456789", owners_), "park-vezet");
    owners_.emplace("park-vezet", "abcdef0123456789");
    EXPECT_EQ(login_of_child("park", child_family, "abcdef0123456789", owners_), "park-vezet")
        << "its own login is not taken";
    owners_["park-vezet"] = "somebody else";
    EXPECT_EQ(login_of_child("park", child_family, "abcdef0123456789", owners_), "park-vezet-abcdef");
    const auto operation = plan_one("parks", park);
    EXPECT_EQ(operation.projection.content.view().find("login")->string(), "park-vezet-abcdef");
}

}  // namespace
}  // namespace twinfleet::mirroring
