#include "capabilities/access_control/checking/check.hpp"

#include <stdexcept>

#include <gtest/gtest.h>

#include "capabilities/access_control/testing/generators.hpp"

namespace twinfleet::access_control {
namespace {

const domain::Grant cars_view{domain::Subject::cars, domain::Action::view};
const domain::Grant cars_edit{domain::Subject::cars, domain::Action::edit};
const domain::Grant users_view{domain::Subject::users, domain::Action::view};

domain::GrantSet only(domain::Grant grant) {
    domain::GrantSet set;
    set.add(grant);
    return set;
}

std::string verdict(const std::optional<UserRights>& user, domain::Grant grant, bool is_child_park = false) {
    const auto reason = why_denied(user, grant, [&] { return is_child_park; });
    return reason ? std::string(name_of(*reason)) : "allowed";
}

TEST(Check, AnUnknownUserMayNothing) {
    EXPECT_EQ(verdict(std::nullopt, cars_view), "no_such_user");
    EXPECT_EQ(verdict(std::nullopt, cars_edit, true), "no_such_user");
}

TEST(Check, ADisabledUserMayNothingWhateverHeIs) {
    const UserRights user{.is_enabled = false, .is_superuser = true, .group = GroupRights{.is_super = true}};
    EXPECT_EQ(verdict(user, cars_view), "disabled");
    EXPECT_EQ(verdict(user, cars_edit, true), "disabled");
}

TEST(Check, AChildParkIsReadOnlyForASuperuser) {
    const UserRights user{.is_superuser = true, .group = GroupRights{.grants = only(cars_edit), .is_super = true}};
    EXPECT_EQ(verdict(user, cars_edit, true), "child_park_is_read_only");
    EXPECT_EQ(verdict(user, cars_view, true), "allowed");
    EXPECT_EQ(verdict(user, cars_edit, false), "allowed");
}

TEST(Check, AChildParkIsReadOnlyAlsoForWhoHasNoGrant) {
    EXPECT_EQ(verdict(UserRights{}, cars_edit, true), "child_park_is_read_only");
    EXPECT_EQ(verdict(UserRights{}, cars_view, true), "no_grant");
}

TEST(Check, WithoutAGroupNothingIsGranted) {
    EXPECT_EQ(verdict(UserRights{}, cars_view), "no_grant");
    EXPECT_EQ(verdict(UserRights{}, cars_edit), "no_grant");
}

TEST(Check, ADisabledGroupGrantsNothing) {
    const UserRights user{.group = GroupRights{.grants = only(cars_edit), .is_super = true, .is_enabled = false}};
    EXPECT_EQ(verdict(user, cars_view), "no_grant");
    EXPECT_EQ(verdict(user, cars_edit), "no_grant");
}

TEST(Check, AGroupGrantsWhatItHolds) {
    const UserRights viewer{.group = GroupRights{.grants = only(cars_view)}};
    EXPECT_EQ(verdict(viewer, cars_view), "allowed");
    EXPECT_EQ(verdict(viewer, cars_edit), "no_grant");
    EXPECT_EQ(verdict(viewer, users_view), "no_grant");
}

TEST(Check, EditImpliesView) {
    const UserRights editor{.group = GroupRights{.grants = only(cars_edit)}};
    EXPECT_EQ(verdict(editor, cars_edit), "allowed");
    EXPECT_EQ(verdict(editor, cars_view), "allowed");
    EXPECT_EQ(verdict(editor, users_view), "no_grant");
}

TEST(Check, ASuperGroupMayEverything) {
    const UserRights user{.group = GroupRights{.is_super = true}};
    EXPECT_EQ(verdict(user, cars_edit), "allowed");
    EXPECT_EQ(verdict(user, users_view), "allowed");
}

TEST(Check, AReadOnlyGroupEditsNothingThoughItIsSuper) {
    const UserRights user{.group = GroupRights{.grants = only(cars_edit), .is_super = true, .read_only = true}};
    EXPECT_EQ(verdict(user, cars_edit), "no_grant");
    EXPECT_EQ(verdict(user, cars_view), "allowed");
}

TEST(Check, AReadOnlyGroupLetsSeeWhatItsEditsImply) {
    const UserRights user{.group = GroupRights{.grants = only(cars_edit), .read_only = true}};
    EXPECT_EQ(verdict(user, cars_edit), "no_grant");
    EXPECT_EQ(verdict(user, cars_view), "allowed");
    EXPECT_EQ(verdict(user, users_view), "no_grant");
}

TEST(Check, TheParkIsAskedForOnlyWhereItMatters) {
    const auto must_not_be_asked = []() -> bool { throw std::logic_error("asked"); };
    EXPECT_NO_THROW(static_cast<void>(why_denied(std::nullopt, cars_edit, must_not_be_asked)));
    EXPECT_NO_THROW(static_cast<void>(why_denied(UserRights{.is_enabled = false}, cars_edit, must_not_be_asked)));
    EXPECT_NO_THROW(static_cast<void>(why_denied(UserRights{.is_superuser = true}, cars_view, must_not_be_asked)));
    EXPECT_THROW(static_cast<void>(why_denied(UserRights{}, cars_edit, must_not_be_asked)), std::logic_error);
}

RC_GTEST_PROP(CheckProperty, NoEditIsEverAllowedInAChildPark, (const UserRights& user, const domain::Grant& grant)) {
    RC_PRE(grant.action == domain::Action::edit);
    RC_ASSERT(why_denied(user, grant, [] { return true; }).has_value());
}

RC_GTEST_PROP(CheckProperty, WhoMayEditMayView, (const UserRights& user, const domain::Grant& grant)) {
    const auto no_child = [] { return false; };
    if (!why_denied(user, {grant.subject, domain::Action::edit}, no_child)) {
        RC_ASSERT(!why_denied(user, {grant.subject, domain::Action::view}, no_child));
    }
}

RC_GTEST_PROP(CheckProperty, ViewingIsTheSameInAChildPark, (const UserRights& user, const domain::Grant& grant)) {
    RC_PRE(grant.action == domain::Action::view);
    RC_ASSERT(why_denied(user, grant, [] { return true; }) == why_denied(user, grant, [] { return false; }));
}

RC_GTEST_PROP(CheckProperty, ProjectedRightsAllowToSeeWhatTheParentMaySee,
              (UserRights user, const domain::Grant& grant)) {
    // The rows of the child say what the parent's say but for what allows changes.
    RC_PRE(grant.action == domain::Action::view && !user.is_superuser && !(user.group && user.group->is_super));
    UserRights projected = user;
    if (projected.group) {
        projected.group->grants = projected.group->grants.read_only();
    }
    const auto no_child = [] { return false; };
    RC_ASSERT(why_denied(projected, grant, no_child) == why_denied(user, grant, no_child));
}

}  // namespace
}  // namespace twinfleet::access_control
