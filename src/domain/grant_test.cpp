#include "domain/grant.hpp"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "domain/testing/grant_generators.hpp"

namespace twinfleet::domain {
namespace {

using ::testing::ElementsAre;

GrantSet grants(std::initializer_list<std::string_view> names) {
    GrantSet set;
    for (const std::string_view name : names) {
        set.add(parse_grant(name).value());
    }
    return set;
}

TEST(Grants, ComeInPairsForEverySubject) {
    // Contract, section 4.
    for (const std::string subject :
         {"parks", "drivers", "cars", "work_rules", "users", "groups", "orders", "payments", "photos", "reports"}) {
        const auto view = parse_grant(subject + "_view");
        const auto edit = parse_grant(subject + "_edit");
        ASSERT_TRUE(view && edit) << subject;
        EXPECT_EQ(view->subject, edit->subject);
        EXPECT_EQ(view->action, Action::view);
        EXPECT_EQ(edit->action, Action::edit);
        EXPECT_EQ(name_of(*view), subject + "_view");
        EXPECT_EQ(name_of(*edit), subject + "_edit");
    }
    EXPECT_EQ(all_grants().size(), 20U);
}

TEST(Grants, OtherNamesAreNone) {
    for (const char* name : {"", "cars", "cars_", "_view", "cars_delete", "Cars_view", "cars_view ", " cars_view",
                             "cars_viewx", "zebras_view", "cars_view,cars_edit"}) {
        EXPECT_FALSE(parse_grant(name)) << name;
    }
}

TEST(Grants, AreHeldOnceAndSorted) {
    EXPECT_THAT(
        grants({"work_rules_view", "cars_view", "cars_edit", "cars_view", "payments_view", "parks_edit"}).names(),
        ElementsAre("cars_edit", "cars_view", "parks_edit", "payments_view", "work_rules_view"));
}

TEST(Grants, EditImpliesViewOfTheSameSubjectOnly) {
    const GrantSet set = grants({"cars_edit", "users_view"});
    EXPECT_TRUE(set.allows(*parse_grant("cars_edit")));
    EXPECT_TRUE(set.allows(*parse_grant("cars_view")));
    EXPECT_TRUE(set.allows(*parse_grant("users_view")));
    EXPECT_FALSE(set.allows(*parse_grant("users_edit")));
    EXPECT_FALSE(set.allows(*parse_grant("drivers_view")));
}

TEST(Grants, TheProjectionTurnsEditIntoView) {
    EXPECT_EQ(grants({"cars_edit", "users_view", "users_edit", "photos_view"}).read_only(),
              grants({"cars_view", "users_view", "photos_view"}));
    EXPECT_TRUE(GrantSet().read_only().empty());
}

RC_GTEST_PROP(GrantsProperty, TheProjectionAllowsWhatCouldBeSeenAndNoEdit, (const GrantSet& set)) {
    const GrantSet projected = set.read_only();
    for (const Grant grant : all_grants()) {
        RC_ASSERT(projected.allows(grant) == (grant.action == Action::view && set.allows(grant)));
    }
    RC_ASSERT(projected.read_only() == projected);
}

RC_GTEST_PROP(GrantsProperty, JoinedNamesAreReadBack, (const GrantSet& set)) {
    RC_ASSERT(parse_joined_names(joined_names(set)) == set);
    const auto names = set.names();
    RC_ASSERT(std::ranges::is_sorted(names));
}

TEST(Grants, StoredNamesOfANewerProgramGrantNothing) {
    EXPECT_EQ(parse_joined_names("cars_view,zebras_edit,users_edit,"), grants({"cars_view", "users_edit"}));
}

}  // namespace
}  // namespace twinfleet::domain
