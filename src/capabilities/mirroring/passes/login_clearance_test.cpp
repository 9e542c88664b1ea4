// Who gets a login that several want. Through whole passes, as the ways of a user into a batch differ.
#include "capabilities/mirroring/passes/login_clearance.hpp"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "capabilities/mirroring/entities/entity_table.hpp"
#include "capabilities/mirroring/testing/replica.hpp"
#include "capabilities/mirroring/testing/text_field.hpp"

namespace twinfleet::mirroring::testing {
namespace {

using ::testing::IsEmpty;

/// A mirrored park whose users are in step: one batch for each.
class LoginClearanceTest : public ::testing::Test {
protected:
    LoginClearanceTest() {
        world_.put("parks", bson::from_json(R"({"_id": "park", "login": "park", "city_id": "Chicago"})").view());
        (void)run("parks", {.mode = Mode::full});
        child_park_ = world_.links("parks").front().link.child_park_id.value();
    }

    void put(const std::string& id, const std::string& login, bool is_enabled = true, std::int64_t age_ms = 0) {
        put_in("park", id, login, is_enabled, age_ms);
    }
    void open_account(const std::string& id, const std::string& login) { put_in(child_park_, id, login); }
    void remove(const std::string& id) { world_.erase("users", id_key(id)); }
    RunCounts run(const std::string& job, const PassRequest& request) {
        return replica_.run_job(entity(job), request).value().counts;
    }
    RunCounts pass(const PassRequest& request = {}) { return run("users", request); }
    /// What has been read is not read again.
    void come_to_rest() {
        world_.advance(100'000);
        (void)pass();
    }
    /// `login`, with ` off` behind it when the child is disabled.
    std::string child_of(const std::string& parent_id) {
        for (const auto& [family, link] : world_.links("users")) {
            const auto child = world_.document("users", id_key(link.child_id.value()));
            if (link.parent_id.value() == parent_id && child) {
                return text_field(child->view(), "login").value_or("") +
                       (child->view().find("is_enabled")->boolean() ? "" : " off");
            }
        }
        return "no child";
    }
    std::string child_id_of(const std::string& parent_id) {
        for (const auto& [family, link] : world_.links("users")) {
            if (link.parent_id.value() == parent_id) {
                return link.child_id.value();
            }
        }
        return {};
    }
    std::vector<std::string> quarantine() {
        std::vector<std::string> entries;
        for (const QuarantineEntry& entry : world_.quarantine()) {
            entries.push_back(entry.parent.parent_id + " " + entry.parent.reason);
        }
        return entries;
    }
    /// The store has forgotten what was removed, or never knew.
    void forget_removals() {
        world_.atomically([](FakeWorld::Data& data) { data.removals.clear(); });
    }

    FakeWorld world_;
    Platform platform_{world_};
    const domain::AppFamily family_{"vezet"};
    Replica replica_{world_,
                     platform_,
                     "worker",
                     {.pass = {.batch = {.documents_max = 1}, .execution = Execution::inline_}, .family = family_}};
    std::string child_park_;

private:
    void put_in(const std::string& park, const std::string& id, const std::string& login, bool is_enabled = true,
                std::int64_t age_ms = 0) {
        world_.put("users",
                   bson::from_json(R"({"_id": ")" + id + R"(", "park_id": ")" + park + R"(", "login": ")" + login +
                                   R"(", "display_name": "", "is_superuser": false, "is_enabled": )" +
                                   (is_enabled ? "true" : "false") +
                                   R"(, "created_date": {"$date": 1}, "modified_date": {"$date": 2}})")
                       .view(),
                   age_ms);
    }
};

TEST_F(LoginClearanceTest, TheChildOfARemovedUserIsSwitchedOffByTheNextPass) {
    put("anna", "anna");
    come_to_rest();
    remove("anna");
    EXPECT_EQ(pass().retired, 1U);
    EXPECT_EQ(child_of("anna"), "anna off");
    EXPECT_EQ(world_.links("users").front().link.state, LinkState::retired);
    EXPECT_EQ(pass().retired, 0U);
}

TEST_F(LoginClearanceTest, ASuccessorGetsTheLoginOfARemovedUserAtOnce) {
    put("anna", "anna");
    come_to_rest();
    remove("anna");
    put("successor", "anna");
    (void)pass();
    EXPECT_EQ(child_of("successor"), "anna");
    EXPECT_THAT(child_of("anna"), ::testing::EndsWith(" off"));
    EXPECT_THAT(quarantine(), IsEmpty());
}

TEST_F(LoginClearanceTest, ARemovalThatTheStoreDoesNotTellOfIsFoundByTheSuccessor) {
    put("anna", "anna");
    come_to_rest();
    remove("anna");
    forget_removals();
    put("successor", "anna");
    EXPECT_EQ(pass().retired, 1U);
    EXPECT_EQ(child_of("successor"), "anna");
    EXPECT_THAT(child_of("anna"), ::testing::EndsWith(" off"));
    EXPECT_THAT(quarantine(), IsEmpty());
}

TEST_F(LoginClearanceTest, WhoExchangeTheirLoginsHaveThemAfterOnePass) {
    put("anna", "anna");
    put("berta", "berta");
    come_to_rest();
    put("anna", "berta");
    put("berta", "anna");
    (void)pass();
    EXPECT_EQ(child_of("anna"), "berta");
    EXPECT_EQ(child_of("berta"), "anna");
    EXPECT_THAT(quarantine(), IsEmpty());
}

TEST_F(LoginClearanceTest, ALongChainIsResolvedInOnePass) {
    constexpr int length = 12;
    for (int i = 0; i < length; ++i) {
        put("u" + std::to_string(i), "login" + std::to_string(i));
    }
    come_to_rest();
    // Each takes the login of the one behind, who is read later.
    for (int i = 0; i < length; ++i) {
        put("u" + std::to_string(i), "login" + std::to_string(i + 1));
    }
    (void)pass();
    for (int i = 0; i < length; ++i) {
        EXPECT_EQ(child_of("u" + std::to_string(i)), "login" + std::to_string(i + 1));
    }
    EXPECT_THAT(quarantine(), IsEmpty());
}

TEST_F(LoginClearanceTest, WhoWasRenamedWithoutAnybodyNoticingIsRenamedForHisSuccessor) {
    put("anna", "anna");
    come_to_rest();
    put("anna", "anna2", true, 150'000);
    put("successor", "anna");
    (void)pass();
    EXPECT_EQ(child_of("successor"), "anna");
    EXPECT_EQ(child_of("anna"), "anna2");
    EXPECT_THAT(quarantine(), IsEmpty());
}

TEST_F(LoginClearanceTest, NobodyIsCountedTwiceForBeingInTheWay) {
    put("anna", "anna");
    put("berta", "berta");
    put("gone", "gone");
    come_to_rest();
    put("anna", "berta");
    put("berta", "anna");
    remove("gone");
    forget_removals();
    // Else the pass would believe that it has met all whom it knows, and not look for who is gone.
    const RunCounts counts = pass({.mode = Mode::full});
    EXPECT_EQ(counts.retired, 1U);
    EXPECT_EQ(child_of("gone"), "gone off");
}

TEST_F(LoginClearanceTest, TheMasterAccountKeepsItsLoginAndIsNamed) {
    put("anna", "anna");
    come_to_rest();
    open_account("master", "head-office");
    put("anna", "head-office");
    (void)pass();
    EXPECT_EQ(child_of("anna"), "anna") << "a login that she knows";
    EXPECT_THAT(quarantine(), ::testing::ElementsAre("anna login_taken:master"));

    put("anna", "head-office", false);
    (void)pass();
    EXPECT_EQ(child_of("anna"), "anna off") << "what takes rights away does not wait for the login";

    put("anna", "anna2");
    (void)pass();
    EXPECT_EQ(child_of("anna"), "anna2");
    EXPECT_THAT(quarantine(), IsEmpty());
}

TEST_F(LoginClearanceTest, ANewUserWithTheLoginOfTheMasterAccountWaitsUntilThatIsGone) {
    open_account("master", "head-office");
    put("anna", "head-office");
    (void)pass();
    EXPECT_EQ(child_of("anna"), "no child");
    EXPECT_THAT(quarantine(), ::testing::ElementsAre("anna login_taken:master"));
    remove("master");
    world_.advance(100'000);
    (void)pass();
    EXPECT_EQ(child_of("anna"), "head-office");
    EXPECT_THAT(quarantine(), IsEmpty());
}

TEST_F(LoginClearanceTest, WhoCannotKeepHisLoginNorHaveTheNextIsSwitchedOffUntilHeCan) {
    put("anna", "anna");
    come_to_rest();
    open_account("master", "head-office");
    put("anna", "head-office");
    put("successor", "anna");
    (void)pass();
    EXPECT_EQ(child_of("successor"), "anna") << "else the other would answer for her";
    EXPECT_EQ(child_of("anna"), "~" + child_id_of("anna") + " off");
    EXPECT_THAT(quarantine(), ::testing::ElementsAre("anna login_taken:master"));
    const auto before = world_.documents("users");
    world_.advance(100'000);
    (void)pass();
    EXPECT_EQ(world_.documents("users"), before) << "nothing has changed";

    put("anna", "anna3");
    (void)pass();
    EXPECT_EQ(child_of("anna"), "anna3");
    EXPECT_THAT(quarantine(), IsEmpty());
}

TEST_F(LoginClearanceTest, WhatIsRemovedAtOneStrokeIsHeldToTheBudget) {
    constexpr int users = 60;
    for (int i = 0; i < users; ++i) {
        put("u" + std::to_string(i), "login" + std::to_string(i));
    }
    come_to_rest();
    for (int i = 0; i < 30; ++i) {
        remove("u" + std::to_string(i));
    }
    // 5 % of 60, but 20 always.
    const RunCounts counts = pass();
    EXPECT_EQ(counts.retired, 20U);
    EXPECT_EQ(counts.retirements_held_back, 10U);
    EXPECT_EQ(pass().retired, 0U) << "though it reads the removals again";
    EXPECT_EQ(pass({.mode = Mode::full}).retired, 10U);
}

}  // namespace
}  // namespace twinfleet::mirroring::testing
