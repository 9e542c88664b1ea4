#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "capabilities/mirroring/stores/entity_store.hpp"

/// What access-control promises of groups and users beyond what EntityStore does, as tests for whatever stands for it.
/// Include it in one file of a test program and say
/// INSTANTIATE_TEST_SUITE_P(Fake, RecordStoreContract, testing::Values(factory)).
namespace twinfleet::mirroring::testing {

/// Both stores, empty.
class RecordStoresUnderTest {
public:
    RecordStoresUnderTest() = default;
    RecordStoresUnderTest(const RecordStoresUnderTest&) = delete;
    RecordStoresUnderTest& operator=(const RecordStoresUnderTest&) = delete;
    virtual ~RecordStoresUnderTest() = default;

    [[nodiscard]] virtual EntityStore& groups() = 0;
    [[nodiscard]] virtual EntityStore& users() = 0;
};

using MakeRecordStores = std::function<std::unique_ptr<RecordStoresUnderTest>()>;

class RecordStoreContract : public ::testing::TestWithParam<MakeRecordStores> {
protected:
    using Outcomes = std::vector<WriteOutcome>;

    RecordStoreContract() {
        EXPECT_EQ(stores_->groups().insert(std::vector{group("here", "park"), group("there", "elsewhere")}),
                  Outcomes(2, WriteOutcome::written));
    }

    EntityStore& users() { return stores_->users(); }
    EntityStore& groups() { return stores_->groups(); }
    static ChildInsert group(const std::string& id, const std::string& park) {
        return insert(id, park, R"("name": "office", "grants": [], "is_super": false, "read_only": true)");
    }
    static ChildInsert user(const std::string& id, const std::string& login, const std::string& more = {},
                            const std::string& park = "park") {
        return insert(id, park, R"("login": ")" + login + R"(", "display_name": "Anna", "is_superuser": false)" + more);
    }
    WriteOutcome add(const ChildInsert& child) { return users().insert(std::vector{child}).front(); }
    WriteOutcome change(EntityStore& store, const std::string& id, std::string_view set) {
        const DocumentBatch found = store.fetch(std::vector{id});
        const auto version = found[0].find("updated_ts")->whole;
        const ChildUpdate update{.id = domain::ChildId(id),
                                 .version = {.updated_ts = {version.begin(), version.end()}},
                                 .set = bson::from_json(set),
                                 .unset = {},
                                 .replacement = {}};
        return store.update(std::vector{update}).front();
    }
    std::string login_of(const std::string& id) {
        return std::string(users().fetch(std::vector{id})[0].find("login")->string());
    }

private:
    static ChildInsert insert(const std::string& id, const std::string& park, const std::string& fields) {
        return {.document = bson::from_json(R"({"_id": ")" + id + R"(", "park_id": ")" + park + "\", " + fields +
                                            R"(, "is_enabled": true, "created_date": {"$date": 1},
                                               "modified_date": {"$date": 2}})"),
                .id = domain::ChildId(id)};
    }

    const std::unique_ptr<RecordStoresUnderTest> stores_ = GetParam()();
};

TEST_P(RecordStoreContract, AUsersGroupIsInHisPark) {
    EXPECT_EQ(add(user("a", "a", R"(, "group_id": "here")")), WriteOutcome::written);
    EXPECT_EQ(add(user("b", "b", R"(, "group_id": "there")")), WriteOutcome::refused);
    EXPECT_EQ(add(user("c", "c", R"(, "group_id": "nowhere")")), WriteOutcome::refused);
    EXPECT_EQ(change(users(), "a", R"({"group_id": "there"})"), WriteOutcome::refused);
    EXPECT_EQ(change(users(), "a", R"({"group_id": "there", "park_id": "elsewhere"})"), WriteOutcome::written);
}

TEST_P(RecordStoreContract, AGroupDoesNotLeaveItsUsers) {
    EXPECT_EQ(change(groups(), "there", R"({"park_id": "park"})"), WriteOutcome::written) << "it has none";
    EXPECT_EQ(add(user("a", "a", R"(, "group_id": "here")")), WriteOutcome::written);
    EXPECT_EQ(change(groups(), "here", R"({"park_id": "elsewhere"})"), WriteOutcome::refused);
    EXPECT_EQ(change(groups(), "here", R"({"name": "new"})"), WriteOutcome::written);
}

TEST_P(RecordStoreContract, ALoginIsOneUsersInAPark) {
    EXPECT_EQ(add(user("a", "anna")), WriteOutcome::written);
    EXPECT_EQ(add(user("b", "anna")), WriteOutcome::login_taken);
    EXPECT_EQ(add(user("b", "anna", "", "elsewhere")), WriteOutcome::written);
    EXPECT_EQ(add(user("c", "carl")), WriteOutcome::written);
    EXPECT_EQ(change(users(), "c", R"({"login": "anna"})"), WriteOutcome::login_taken);
    EXPECT_EQ(login_of("c"), "carl");
    EXPECT_EQ(change(users(), "a", R"({"login": "~a"})"), WriteOutcome::written);
    EXPECT_EQ(change(users(), "c", R"({"login": "anna"})"), WriteOutcome::written);
}

TEST_P(RecordStoreContract, ADisabledUserGivesHisLoginUp) {
    EXPECT_EQ(add(user("a", "anna")), WriteOutcome::written);
    EXPECT_EQ(change(users(), "a", R"({"is_enabled": false})"), WriteOutcome::written);
    EXPECT_EQ(login_of("a"), "anna") << "as long as nobody wants it";
    EXPECT_EQ(add(user("b", "anna")), WriteOutcome::written);
    EXPECT_NE(login_of("a"), "anna");
}

TEST_P(RecordStoreContract, TheHolderOfALoginIsFoundInItsParkAlone) {
    EXPECT_EQ(add(user("a", "anna")), WriteOutcome::written);
    EXPECT_EQ(add(user("b", "anna", "", "elsewhere")), WriteOutcome::written);
    const std::vector<EntityStore::ParkLogin> asked{{.park_id = "park", .login = "anna"},
                                                    {.park_id = "park", .login = "nobody"}};
    const auto holders = users().login_holders(asked);
    ASSERT_EQ(holders.size(), 1U);
    EXPECT_EQ(holders.front().id, "a");
    EXPECT_EQ(holders.front().park_id, "park");
    EXPECT_EQ(holders.front().login, "anna");
    EXPECT_TRUE(users().login_holders({}).empty());
}

TEST_P(RecordStoreContract, WhatIsSettledIsNotTheFuture) {
    using namespace std::chrono_literals;
    const std::int64_t settled_ms = users().settled_until_ms(0ms);
    const std::int64_t earlier_ms = users().settled_until_ms(5s);
    const std::int64_t now_ms = users().server_time_ms();
    EXPECT_LE(settled_ms, now_ms);
    EXPECT_LE(earlier_ms, now_ms - 5'000);
    EXPECT_TRUE(users().removed_since(std::nullopt, 10).empty()) << "nothing was removed";
}

}  // namespace twinfleet::mirroring::testing
