#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "capabilities/access_control/testing/api.hpp"

namespace twinfleet::access_control {
namespace {

using testing::Answer;
using ::testing::ElementsAre;
using Texts = std::vector<std::string>;

boost::json::object group_record(const std::string& id, const std::string& park = "child") {
    return {{"id", id},         {"park_id", park},    {"name", "group " + id}, {"grants", {"cars_edit", "users_view"}},
            {"is_super", true}, {"read_only", false}, {"is_enabled", true},    {"created_us", 1'700'000'000'000'001},
            {"modified_us", -1}};
}

boost::json::object user_record(const std::string& id, const std::string& login, const boost::json::value& group_id) {
    return {{"id", id},
            {"park_id", "child"},
            {"login", login},
            {"display_name", "user " + id},
            {"phone", "+79990001122"},
            {"group_id", group_id},
            {"is_enabled", true},
            {"is_superuser", true},
            {"created_us", 5},
            {"modified_us", 6}};
}

boost::json::object insert(const boost::json::object& record) {
    return {{"op", "insert"}, {"record", record}};
}

boost::json::object update(const std::string& id, std::int64_t version, const boost::json::object& changes) {
    return {{"op", "update"}, {"id", id}, {"version", version}, {"record", changes}};
}

class Records : public ::testing::Test {
protected:
    Texts write(const std::string& kind, const boost::json::array& operations) {
        const Answer answer =
            api_.post("/v1/internal/" + kind + "/write",
                      boost::json::serialize(boost::json::object{{"operations", operations}}), "synchronizer");
        EXPECT_EQ(answer.status, 200) << answer;
        Texts outcomes;
        for (const auto& outcome : answer.body.at("outcomes").as_array()) {
            outcomes.emplace_back(outcome.as_string());
        }
        return outcomes;
    }
    boost::json::array items(const std::string& target, const std::string& body) {
        const Answer answer = api_.post("/v1/internal/" + target, body);
        EXPECT_EQ(answer.status, 200) << answer;
        return answer.body.at("items").as_array();
    }
    boost::json::object record(const std::string& kind, const std::string& id) {
        const auto found = items(kind + "/retrieve", R"({"ids": [")" + id + R"("]})");
        EXPECT_EQ(found.size(), 1U);
        return found.empty() ? boost::json::object() : found[0].as_object();
    }
    std::int64_t version(const std::string& kind, const std::string& id) {
        return record(kind, id).at("updated_us").as_int64();
    }
    Texts ids(const boost::json::array& records) {
        Texts found;
        for (const auto& one : records) {
            found.emplace_back(one.at("id").as_string());
        }
        return found;
    }

    testing::ApiUnderTest api_;
};

TEST_F(Records, AreWrittenReadOnlyAndReadBack) {
    EXPECT_THAT(write("groups", {insert(group_record("g1"))}), ElementsAre("written"));
    boost::json::object expected = group_record("g1");
    expected["grants"] = {"cars_view", "users_view"};
    expected["is_super"] = false;
    expected["updated_us"] = version("groups", "g1");
    EXPECT_EQ(record("groups", "g1"), expected);

    EXPECT_THAT(write("users", {insert(user_record("u1", "anna", "g1"))}), ElementsAre("written"));
    expected = user_record("u1", "anna", "g1");
    expected["is_superuser"] = false;
    expected["updated_us"] = version("users", "u1");
    EXPECT_EQ(record("users", "u1"), expected);
}

TEST_F(Records, APublicRecordHasAllFields) {
    const Answer made = api_.post("/v1/parks/park/users", R"({"login": "anna"})");
    const auto found = record("users", made.text("id"));
    EXPECT_EQ(found.size(), 11U);
    EXPECT_EQ(found.at("phone"), nullptr);
    EXPECT_GT(found.at("created_us").as_int64(), 1'700'000'000'000'000);
    const Answer group = api_.post("/v1/parks/park/groups", R"({"name": "a"})");
    EXPECT_EQ(record("groups", group.text("id")).size(), 10U);
    EXPECT_EQ(record("groups", group.text("id")).at("is_enabled"), true);
}

TEST_F(Records, EveryWriteIsANewVersion) {
    const std::string id = api_.post("/v1/parks/park/groups", R"({"name": "a"})").text("id");
    const auto first = version("groups", id);
    const std::int64_t now = std::stoll(api_.get("/v1/internal/clock").text("now_us"));
    EXPECT_LE(first, now);
    ASSERT_EQ(
        api_.put("/v1/parks/park/groups/" + id, R"({"name": "a", "grants": [], "is_super": false, "read_only": false})")
            .status,
        200);
    EXPECT_GT(version("groups", id), now);
    // A clock that was set back.
    api_.pool.transact([](postgres::Transaction& transaction) {
        transaction.execute("ALTER TABLE access_control.groups DISABLE TRIGGER stamp_update");
        transaction.execute("UPDATE access_control.groups SET updated_at = '2100-01-01'");
        transaction.execute("ALTER TABLE access_control.groups ENABLE TRIGGER stamp_update");
    });
    const auto future = version("groups", id);
    EXPECT_THAT(write("groups", {update(id, future, {{"name", "b"}})}), ElementsAre("written"));
    EXPECT_EQ(version("groups", id), future + 1);
}

TEST_F(Records, EachOperationHasItsOwnFate) {
    ASSERT_THAT(write("groups", {insert(group_record("g1")), insert(group_record("foreign", "another"))}),
                ElementsAre("written", "written"));
    ASSERT_THAT(write("users", {insert(user_record("u1", "anna", "g1")), insert(user_record("u2", "boris", nullptr))}),
                ElementsAre("written", "written"));
    auto wrong_type = user_record("u9", "zoe", nullptr);
    wrong_type["is_enabled"] = "yes";
    auto wrong_phone = user_record("u9", "zoe", nullptr);
    wrong_phone["phone"] = "call me";
    auto incomplete = user_record("u9", "zoe", nullptr);
    incomplete.erase("group_id");
    auto too_much = user_record("u9", "zoe", nullptr);
    too_much["password"] = "secret";
    EXPECT_THAT(
        write(
            "users",
            {insert(user_record("u1", "vera", nullptr)),      // the id is there
             insert(user_record("u3", "anna", nullptr)),      // the login is taken
             insert(user_record("u4", "clara", "nobody's")),  // no such group
             insert(user_record("u5", "dora", "foreign")),    // in another park
             insert(wrong_type), insert(wrong_phone), insert(incomplete), insert(too_much),
             insert(user_record("u6", "emma", "g1")), insert(user_record("u6", "emma2", "g1")),  // twice in one request
             insert(user_record("u7", "emma", "g1")), update("u2", version("users", "u2"), {{"login", "anna"}}),
             update("u2", version("users", "u2"), {{"group_id", "foreign"}}),
             update("u2", version("users", "u2"), {{"phone", "x"}}),
             update("u2", version("users", "u2"), {{"color", "x"}}), update("u2", 7, {{"display_name", "late"}}),
             update("u8", 7, {{"display_name", "gone"}}),
             update("u2", version("users", "u2"), {{"display_name", "B."}}),
             update("u2", version("users", "u2"), {{"display_name", "C."}})}),
        ElementsAre("exists", "login_taken", "refused", "refused", "refused", "refused", "refused", "refused",
                    "written", "exists", "login_taken", "login_taken", "refused", "refused", "refused", "moved_on",
                    "moved_on", "written", "moved_on"));
    EXPECT_EQ(record("users", "u1").at("login"), "anna");
    EXPECT_EQ(record("users", "u2").at("display_name"), "B.");
    EXPECT_EQ(record("users", "u2").at("login"), "boris");
    EXPECT_EQ(record("users", "u6").at("login"), "emma");
    EXPECT_EQ(api_.stored("SELECT count(*) FROM access_control.users"), "3");
}

TEST_F(Records, OperationsAreSeenInOrder) {
    ASSERT_THAT(write("users", {insert(user_record("u1", "anna", nullptr))}), ElementsAre("written"));
    // A login that is given up can be taken by the next.
    EXPECT_THAT(write("users", {insert(user_record("u2", "anna", nullptr)),
                                update("u1", version("users", "u1"), {{"login", "anna2"}}),
                                insert(user_record("u2", "anna", nullptr))}),
                ElementsAre("login_taken", "written", "written"));
    EXPECT_EQ(record("users", "u2").at("login"), "anna");
}

TEST_F(Records, AnUpdateSetsOnlyWhatItNames) {
    ASSERT_THAT(write("groups", {insert(group_record("g1"))}), ElementsAre("written"));
    ASSERT_THAT(write("users", {insert(user_record("u1", "anna", "g1"))}), ElementsAre("written"));
    auto expected = record("users", "u1");
    EXPECT_THAT(write("users", {update("u1", version("users", "u1"),
                                       {{"phone", nullptr},
                                        {"group_id", nullptr},
                                        {"is_enabled", false},
                                        {"is_superuser", true},
                                        {"modified_us", 77}})}),
                ElementsAre("written"));
    expected["phone"] = nullptr;
    expected["group_id"] = nullptr;
    expected["is_enabled"] = false;
    expected["modified_us"] = 77;
    expected["updated_us"] = version("users", "u1");
    EXPECT_EQ(record("users", "u1"), expected);

    auto group = record("groups", "g1");
    EXPECT_THAT(write("groups", {update("g1", version("groups", "g1"),
                                        {{"grants", {"photos_edit"}}, {"is_enabled", false}, {"is_super", true}})}),
                ElementsAre("written"));
    group["grants"] = boost::json::array{"photos_view"};
    group["is_enabled"] = false;
    group["updated_us"] = version("groups", "g1");
    EXPECT_EQ(record("groups", "g1"), group);
}

TEST_F(Records, CopiesOfGroupsMayHaveTheNamesOfRetiredOnes) {
    auto retired = group_record("g1");
    retired["is_enabled"] = false;
    auto successor = group_record("g2");
    successor["name"] = retired["name"];
    EXPECT_THAT(write("groups", {insert(retired), insert(successor)}), ElementsAre("written", "written"));
}

TEST_F(Records, ARetiredCopyGivesItsLoginUpToASuccessor) {
    EXPECT_THAT(write("users", {insert(user_record("u1", "anna", nullptr)), insert(user_record("u2", "bob", nullptr))}),
                ElementsAre("written", "written"));
    EXPECT_THAT(write("users", {insert(user_record("u3", "anna", nullptr))}), ElementsAre("login_taken"));

    EXPECT_THAT(write("users", {update("u1", version("users", "u1"), {{"is_enabled", false}})}),
                ElementsAre("written"));
    EXPECT_THAT(write("users", {insert(user_record("u3", "anna", nullptr))}), ElementsAre("written"));
    EXPECT_EQ(record("users", "u3").at("login"), "anna");
    EXPECT_EQ(record("users", "u1").at("login"), "anna~u1");

    EXPECT_THAT(write("users", {update("u3", version("users", "u3"), {{"is_enabled", false}})}),
                ElementsAre("written"));
    EXPECT_THAT(write("users", {update("u2", version("users", "u2"), {{"login", "anna"}})}), ElementsAre("written"));
    EXPECT_EQ(record("users", "u2").at("login"), "anna");
}

TEST_F(Records, AGroupDoesNotLeaveItsUsersBehind) {
    ASSERT_THAT(write("groups", {insert(group_record("g1"))}), ElementsAre("written"));
    ASSERT_THAT(write("users", {insert(user_record("u1", "anna", "g1"))}), ElementsAre("written"));
    EXPECT_THAT(write("groups", {update("g1", version("groups", "g1"), {{"park_id", "another"}})}),
                ElementsAre("refused"));
    ASSERT_THAT(write("users", {update("u1", version("users", "u1"), {{"group_id", nullptr}})}),
                ElementsAre("written"));
    EXPECT_THAT(write("groups", {update("g1", version("groups", "g1"), {{"park_id", "another"}})}),
                ElementsAre("written"));
}

TEST_F(Records, ADisabledGroupGrantsNothing) {
    ASSERT_THAT(write("groups", {insert(group_record("g1"))}), ElementsAre("written"));
    ASSERT_THAT(write("users", {insert(user_record("u1", "anna", "g1"))}), ElementsAre("written"));
    const std::string question = R"({"park_id": "child", "login": "anna", "grant": "cars_view"})";
    EXPECT_EQ(api_.post("/v1/check", question).text("allowed"), "true");
    ASSERT_THAT(write("groups", {update("g1", version("groups", "g1"), {{"is_enabled", false}})}),
                ElementsAre("written"));
    EXPECT_EQ(api_.post("/v1/check", question).text("reason"), "no_grant");
}

TEST_F(Records, AParkThatIsWrittenToIsAChildFromThenOn) {
    EXPECT_EQ(api_.post("/v1/parks/child/groups", R"({"name": "before"})").status, 201);
    ASSERT_THAT(write("users", {insert(user_record("u1", "anna", nullptr))}), ElementsAre("written"));
    EXPECT_EQ(api_.post("/v1/parks/child/groups", R"({"name": "after"})").code(), "child_park_is_read_only");
    EXPECT_EQ(api_.post("/v1/check", R"({"park_id": "child", "login": "anna", "grant": "cars_edit"})").text("reason"),
              "child_park_is_read_only");
    // Remembered: another replica, or this one after a restart, does not need the source.
    api_.source.set_away(true);
    ChildParks restarted(api_.source, api_.memory, api_.clock, ChildParkSettings{}, api_.log);
    EXPECT_TRUE(restarted.is_child(ParkId("child")));
}

TEST_F(Records, WhatIsRefusedMakesNoChild) {
    EXPECT_THAT(write("users", {insert(user_record("u1", "anna", "nobody's"))}), ElementsAre("refused"));
    EXPECT_EQ(api_.post("/v1/parks/child/groups", R"({"name": "a"})").status, 201);
}

TEST_F(Records, OnlyTheMirrorWrites) {
    const std::string body = boost::json::serialize(boost::json::object{{"operations", {insert(group_record("g1"))}}});
    const Answer answer = api_.post("/v1/internal/groups/write", body, "console");
    EXPECT_EQ(answer.status, 403);
    EXPECT_EQ(answer.code(), "forbidden");
}

TEST_F(Records, ChangesFollowOneAnother) {
    boost::json::array all;
    for (int i = 0; i < 9; ++i) {
        all.push_back(insert(group_record("g" + std::to_string(i), i % 3 == 0 ? "a" : "b")));
    }
    write("groups", all);
    // Moves to the end.
    write("groups", {update("g3", version("groups", "g3"), {{"name", "new"}})});
    Texts seen;
    boost::json::value after(nullptr);
    std::int64_t last = 0;
    for (;;) {
        const auto page =
            items("groups/changes", boost::json::serialize(boost::json::object{{"after", after}, {"limit", 4}}));
        if (page.empty()) {
            break;
        }
        for (const auto& one : page) {
            EXPECT_GE(one.at("updated_us").as_int64(), last);
            last = one.at("updated_us").as_int64();
            seen.emplace_back(one.at("id").as_string());
        }
        after = boost::json::object{{"updated_us", last}, {"id", seen.back()}};
    }
    EXPECT_THAT(seen, ElementsAre("g0", "g1", "g2", "g4", "g5", "g6", "g7", "g8", "g3"));
    EXPECT_THAT(ids(items("groups/changes", R"({"after": null, "park_ids": ["a", "c"], "limit": 10})")),
                ElementsAre("g0", "g6", "g3"));
}

TEST_F(Records, EqualVersionsAreToldApartById) {
    write("groups", {insert(group_record("g1")), insert(group_record("g2")), insert(group_record("g3"))});
    api_.pool.transact([](postgres::Transaction& transaction) {
        transaction.execute("ALTER TABLE access_control.groups DISABLE TRIGGER stamp_update");
        transaction.execute("UPDATE access_control.groups SET updated_at = '2024-01-01T00:00:00.000001Z'");
    });
    EXPECT_THAT(ids(items("groups/changes", R"({"after": {"updated_us": 1704067200000001, "id": "g1"}, "limit": 10})")),
                ElementsAre("g2", "g3"));
    EXPECT_THAT(ids(items("groups/changes", R"({"after": {"updated_us": 1704067200000000, "id": "z"}, "limit": 10})")),
                ElementsAre("g1", "g2", "g3"));
}

TEST_F(Records, WhatIsSettledWaitsForTheOldestTransactionThatWrites) {
    const auto clock = [&] { return api_.get("/v1/internal/clock").body; };
    const auto settled = [&] { return clock().at("settled_us").as_int64(); };
    const std::int64_t before = clock().at("now_us").as_int64();
    EXPECT_GE(settled(), before);
    ASSERT_THAT(write("users", {insert(user_record("u", "anna", nullptr))}), ElementsAre("written"));
    std::int64_t written_us = 0;
    api_.pool.transact([&](postgres::Transaction& transaction) {
        transaction.execute("UPDATE access_control.users SET is_enabled = false");
        transaction.execute("SELECT pg_sleep(1.1)");
        // Longer ago than the second in which it was written, and it is not to be seen yet.
        EXPECT_TRUE(record("users", "u").at("is_enabled").as_bool());
        written_us = transaction
                         .execute(
                             "SELECT (extract(epoch FROM updated_at) * 1000000)::bigint"
                             " FROM access_control.users")
                         .only_value<std::int64_t>();
        EXPECT_LE(settled(), written_us);
        EXPECT_GT(clock().at("now_us").as_int64(), written_us + 1'000'000);
    });
    EXPECT_GT(settled(), written_us);
}

TEST_F(Records, WhoOnlyReadsOrTookAWriteBackHoldsNothingUp) {
    ASSERT_THAT(write("users", {insert(user_record("u", "anna", nullptr))}), ElementsAre("written"));
    api_.pool.transact([&](postgres::Transaction& transaction) {
        transaction.execute("SELECT count(*) FROM access_control.users");
        transaction.execute("SAVEPOINT before");
        transaction.execute("DELETE FROM access_control.users");
        transaction.execute("ROLLBACK TO SAVEPOINT before");
        const auto now = api_.get("/v1/internal/clock").body.at("now_us").as_int64();
        EXPECT_GE(api_.get("/v1/internal/clock").body.at("settled_us").as_int64(), now);
        // And what it writes from then on counts again.
        transaction.execute("UPDATE access_control.users SET is_enabled = false");
        transaction.execute("SELECT pg_sleep(1.1)");
        EXPECT_LT(api_.get("/v1/internal/clock").body.at("settled_us").as_int64(),
                  api_.get("/v1/internal/clock").body.at("now_us").as_int64() - 1'000'000);
    });
}

TEST_F(Records, RemovalsFollowOneAnother) {
    const auto remove = [&](const std::string& park, const std::string& login) {
        const std::string all = "/v1/parks/" + park + "/users";
        const std::string id = api_.post(all, R"({"login": ")" + login + R"("})").text("id");
        EXPECT_EQ(api_.remove(all + "/" + id).status, 204);
        return id;
    };
    const std::string first = remove("park", "anna");
    const std::string second = remove("park", "anna");
    const std::string third = remove("another", "anna");
    const std::string group = api_.post("/v1/parks/park/groups", R"({"name": "g"})").text("id");
    EXPECT_EQ(api_.remove("/v1/parks/park/groups/" + group).status, 204);

    const auto all = items("users/removals", R"({"after": null, "limit": 1000})");
    EXPECT_THAT(ids(all), ElementsAre(first, second, third));
    EXPECT_EQ(all[0].at("park_id"), "park");
    EXPECT_THAT(ids(items("users/removals", R"({"after": null, "limit": 2})")), ElementsAre(first, second));
    const boost::json::object behind{
        {"after", {{"updated_us", all[0].at("removed_us")}, {"id", first}}}, {"limit", 10}, {"park_ids", {"park"}}};
    EXPECT_THAT(ids(items("users/removals", boost::json::serialize(behind))), ElementsAre(second));
    EXPECT_THAT(ids(items("groups/removals", R"({"after": null, "limit": 10})")), ElementsAre(group));
    EXPECT_EQ(api_.post("/v1/internal/users/removals", R"({"limit": 10})").field(), "after");
}

TEST_F(Records, TheHoldersOfLoginsAreFoundMasterAccountsIncluded) {
    ASSERT_THAT(write("users", {insert(user_record("u", "anna", nullptr))}), ElementsAre("written"));
    const std::string master =
        api_.post("/v1/users", R"({"park_id": "child", "login": "master"})", "synchronizer").text("id");
    const auto holders = items("users/holders", R"({"logins": [
        {"park_id": "child", "login": "anna"}, {"park_id": "child", "login": "master"},
        {"park_id": "child", "login": "anna"}, {"park_id": "another", "login": "anna"},
        {"park_id": "child", "login": "nobody"}]})");
    EXPECT_EQ(holders.size(), 2U);
    EXPECT_THAT(ids(holders), ::testing::UnorderedElementsAre("u", master));
    EXPECT_EQ(api_.post("/v1/internal/users/holders", R"({"logins": []})").field(), "logins");
    EXPECT_EQ(api_.post("/v1/internal/users/holders", R"({"logins": [{"park_id": "p"}]})").field(), "logins[0].login");
}

TEST_F(Records, AllComeInOrderOfId) {
    write("groups",
          {insert(group_record("g3", "a")), insert(group_record("g1", "b")), insert(group_record("g2", "a"))});
    EXPECT_THAT(ids(items("groups/all", R"({"after_id": null, "limit": 2})")), ElementsAre("g1", "g2"));
    EXPECT_THAT(ids(items("groups/all", R"({"after_id": "g2", "limit": 2})")), ElementsAre("g3"));
    EXPECT_THAT(ids(items("groups/all", R"({"after_id": null, "park_ids": ["a"], "limit": 2})")),
                ElementsAre("g2", "g3"));
}

TEST_F(Records, ThoseThatExistAreRetrieved) {
    write("groups", {insert(group_record("g1")), insert(group_record("g2"))});
    const auto found = ids(items("groups/retrieve", R"({"ids": ["g2", "nobody's", "g1", "g2"]})"));
    EXPECT_EQ(std::set<std::string>(found.begin(), found.end()), (std::set<std::string>{"g1", "g2"}));
    EXPECT_EQ(found.size(), 2U);
}

TEST_F(Records, AreCounted) {
    EXPECT_EQ(api_.get("/v1/internal/groups/count").text("count"), "0");
    write("groups", {insert(group_record("g1")), insert(group_record("g2"))});
    EXPECT_EQ(api_.get("/v1/internal/groups/count").text("count"), "2");
    EXPECT_EQ(api_.get("/v1/internal/users/count").text("count"), "0");
}

TEST_F(Records, AThousandAreWrittenAtOnce) {
    boost::json::array all;
    for (int i = 0; i < 1000; ++i) {
        all.push_back(insert(user_record("u" + std::to_string(i), "login" + std::to_string(i), nullptr)));
    }
    EXPECT_EQ(write("users", all), Texts(1000, "written"));
    EXPECT_EQ(write("users", all), Texts(1000, "exists"));
    boost::json::array changes;
    for (const auto& one : items("users/all", R"({"after_id": null, "limit": 1000})")) {
        changes.push_back(
            update(std::string(one.at("id").as_string()), one.at("updated_us").as_int64(), {{"display_name", "new"}}));
    }
    EXPECT_EQ(write("users", changes), Texts(1000, "written"));
    EXPECT_EQ(write("users", changes), Texts(1000, "moved_on"));
}

TEST_F(Records, BadInputIsRefusedByField) {
    struct Case {
        const char* target;
        const char* body;
        const char* field;
    };
    for (const auto& [target, body, field] : std::vector<Case>{
             {"changes", "{}", "after"},
             {"changes", R"({"after": null})", "limit"},
             {"changes", R"({"after": null, "limit": 0})", "limit"},
             {"changes", R"({"after": null, "limit": 1001})", "limit"},
             {"changes", R"({"after": 7, "limit": 1})", "after"},
             {"changes", R"({"after": {"id": "a"}, "limit": 1})", "after.updated_us"},
             {"changes", R"({"after": {"updated_us": 1}, "limit": 1})", "after.id"},
             {"changes", R"({"after": {"updated_us": 1, "id": "a", "x": 1}, "limit": 1})", "after.x"},
             {"changes", R"({"after": null, "park_ids": [], "limit": 1})", "park_ids"},
             {"changes", R"({"after": null, "park_ids": null, "limit": 1})", "park_ids"},
             {"changes", R"({"after": null, "park_ids": [1], "limit": 1})", "park_ids[0]"},
             {"changes", R"({"after": null, "limit": 1, "x": 1})", "x"},
             {"all", "{}", "after_id"},
             {"all", R"({"after_id": 7, "limit": 1})", "after_id"},
             {"all", R"({"after_id": "a", "limit": 1.5})", "limit"},
             {"retrieve", R"({"ids": []})", "ids"},
             {"retrieve", R"({"ids": ["a", ""]})", "ids[1]"},
             {"retrieve", R"({"ids": ["a"], "x": 1})", "x"},
             {"write", "{}", "operations"},
             {"write", R"({"operations": []})", "operations"},
             {"write", R"({"operations": [7]})", "operations[0]"},
             {"write", R"({"operations": [{"op": "remove", "record": {}}]})", "operations[0].op"},
             {"write", R"({"operations": [{"op": "insert"}]})", "operations[0].record"},
             {"write", R"({"operations": [{"op": "insert", "record": {}, "id": "a"}]})", "operations[0].id"},
             {"write", R"({"operations": [{"op": "update", "record": {}, "version": 1}]})", "operations[0].id"},
             {"write", R"({"operations": [{"op": "update", "record": {}, "id": "a"}]})", "operations[0].version"},
         }) {
        for (const std::string kind : {"groups", "users"}) {
            const Answer answer = api_.post("/v1/internal/" + kind + "/" + target, body, "synchronizer");
            EXPECT_EQ(answer.status, 400) << target << body << answer;
            EXPECT_EQ(answer.field(), field) << target << body;
        }
    }
}

}  // namespace
}  // namespace twinfleet::access_control
