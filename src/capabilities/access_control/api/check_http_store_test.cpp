#include <gtest/gtest.h>

#include "capabilities/access_control/testing/api.hpp"

namespace twinfleet::access_control {
namespace {

using testing::Answer;

class CheckEndpoint : public ::testing::Test {
protected:
    Answer ask(const std::string& login, const std::string& grant, const std::string& park = "park") {
        return api_.post("/v1/check",
                         R"({"park_id": ")" + park + R"(", "login": ")" + login + R"(", "grant": ")" + grant + R"("})");
    }
    std::string verdict(const std::string& login, const std::string& grant, const std::string& park = "park") {
        const Answer answer = ask(login, grant, park);
        EXPECT_EQ(answer.status, 200) << answer;
        EXPECT_EQ(answer.body.size(), 2U);
        EXPECT_EQ(answer.text("allowed") == "true", answer.text("reason") == "null");
        return answer.text("allowed") == "true" ? "allowed" : answer.text("reason");
    }
    std::string group(const std::string& fields) {
        return api_.post("/v1/parks/park/groups", "{" + fields + "}").text("id");
    }
    void user(const std::string& login, const std::string& more = "") {
        const Answer made = api_.post("/v1/parks/park/users", R"({"login": ")" + login + '"' + more + "}");
        ASSERT_EQ(made.status, 201) << made;
    }
    void user_in(const std::string& login, const std::string& group_id) {
        user(login, R"(, "group_id": ")" + group_id + '"');
    }

    testing::ApiUnderTest api_;
};

TEST_F(CheckEndpoint, FollowsTheRules) {
    user_in("editor", group(R"("name": "e", "grants": ["cars_edit", "users_view"])"));
    user_in("super", group(R"("name": "s", "is_super": true)"));
    user_in("reader", group(R"("name": "r", "is_super": true, "read_only": true)"));
    user_in("empty", group(R"("name": "n")"));
    user("alone");
    user("boss", R"(, "is_superuser": true)");
    user("gone", R"(, "is_enabled": false, "is_superuser": true)");

    EXPECT_EQ(verdict("nobody", "cars_view"), "no_such_user");
    EXPECT_EQ(verdict("editor", "cars_view", "another"), "no_such_user");
    EXPECT_EQ(verdict("gone", "cars_view"), "disabled");
    EXPECT_EQ(verdict("boss", "payments_edit"), "allowed");
    EXPECT_EQ(verdict("alone", "cars_view"), "no_grant");
    EXPECT_EQ(verdict("empty", "cars_view"), "no_grant");
    EXPECT_EQ(verdict("editor", "cars_edit"), "allowed");
    EXPECT_EQ(verdict("editor", "cars_view"), "allowed");
    EXPECT_EQ(verdict("editor", "users_view"), "allowed");
    EXPECT_EQ(verdict("editor", "users_edit"), "no_grant");
    EXPECT_EQ(verdict("super", "payments_edit"), "allowed");
    EXPECT_EQ(verdict("reader", "payments_view"), "allowed");
    EXPECT_EQ(verdict("reader", "payments_edit"), "no_grant");
}

TEST_F(CheckEndpoint, RefusesEveryEditInAChildPark) {
    // Rows from before the park was known to be a child, which grant everything.
    user_in("super", group(R"("name": "s", "is_super": true)"));
    user("boss", R"(, "is_superuser": true)");
    user("gone", R"(, "is_enabled": false)");
    api_.child_parks.note_child(ParkId("park"));
    for (const domain::Grant grant : domain::all_grants()) {
        const std::string expected = grant.action == domain::Action::edit ? "child_park_is_read_only" : "allowed";
        EXPECT_EQ(verdict("super", std::string(name_of(grant))), expected);
        EXPECT_EQ(verdict("boss", std::string(name_of(grant))), expected);
    }
    EXPECT_EQ(verdict("nobody", "cars_edit"), "no_such_user");
    EXPECT_EQ(verdict("gone", "cars_edit"), "disabled");
}

TEST_F(CheckEndpoint, WithoutTheSourceViewsAnUnknownParkAndEditsNothing) {
    user("boss", R"(, "is_superuser": true)");
    // As another replica finds it, which has never heard of the park.
    api_.pool.transact(
        [](postgres::Transaction& transaction) { transaction.execute("DELETE FROM access_control.parks"); });
    api_.source.set_away(true);
    ChildParks forgetful(api_.source, api_.memory, api_.clock, ChildParkSettings{}, api_.log);
    const auto routes = check_routes(api_.pool, forgetful, api_.registry);
    const auto& handle = std::get<api::BlockingHandler>(routes.front().handler);
    api::Call call;
    call.request.body = R"({"park_id": "park", "login": "boss", "grant": "cars_view"})";
    EXPECT_EQ(handle(call).body, R"({"allowed":true,"reason":null})");
    call.request.body = R"({"park_id": "park", "login": "boss", "grant": "cars_edit"})";
    EXPECT_THROW(static_cast<void>(handle(call)), platform::StoreUnavailable);
}

TEST_F(CheckEndpoint, WithoutTheSourceUsesWhatItWasToldLast) {
    user("boss", R"(, "is_superuser": true)");
    api_.source.set_away(true);
    ChildParks restarted(api_.source, api_.memory, api_.clock, ChildParkSettings{}, api_.log);
    EXPECT_FALSE(restarted.is_child(ParkId("park")));
}

TEST_F(CheckEndpoint, BadInputIsRefusedByField) {
    EXPECT_EQ(ask("a", "cars_drive").status, 400);
    EXPECT_EQ(ask("a", "cars_drive").field(), "grant");
    EXPECT_EQ(ask("", "cars_view").field(), "login");
    EXPECT_EQ(ask("a", "cars_view", "").field(), "park_id");
    EXPECT_EQ(api_.post("/v1/check", "{}").field(), "park_id");
    EXPECT_EQ(api_.post("/v1/check", R"({"park_id": "p", "login": "a", "grant": null})").field(), "grant");
    EXPECT_EQ(api_.post("/v1/check", R"({"park_id": "p", "login": "a", "grant": "cars_view", "x": 1})").field(), "x");
    EXPECT_EQ(api_.post("/v1/check", "\xff").status, 400);
}

TEST_F(CheckEndpoint, IsServedByIndexes) {
    api_.pool.transact([](postgres::Transaction& transaction) {
        transaction.execute(
            "INSERT INTO access_control.groups (id, park_id, name, grants, is_super, read_only)"
            " SELECT 'g' || n, 'p' || n % 50, n::text, '{cars_view}', false, false FROM generate_series(1, 5000) AS n");
        transaction.execute(
            "INSERT INTO access_control.users (id, park_id, login, display_name, group_id, is_superuser)"
            " SELECT 'u' || n, 'p' || n % 50, n::text, '', 'g' || n, false FROM generate_series(1, 5000) AS n");
    });
    api_.pool.transact([](postgres::Transaction& transaction) {
        transaction.execute("ANALYZE access_control.groups; ANALYZE access_control.users");
    });
    const auto plan = api_.pool.transact([](postgres::Transaction& transaction) {
        std::string text;
        for (postgres::Row row : transaction.execute(
                 "EXPLAIN SELECT account.is_enabled, own_group.grants FROM access_control.users AS account"
                 " LEFT JOIN access_control.groups AS own_group ON own_group.park_id = account.park_id"
                 " AND own_group.id = account.group_id WHERE account.park_id = 'p1' AND account.login = '51'")) {
            text += row.text();
            text += '\n';
        }
        return text;
    });
    EXPECT_EQ(plan.find("Seq Scan"), std::string::npos) << plan;
    EXPECT_EQ(verdict("51", "cars_view", "p1"), "allowed");
}

TEST_F(CheckEndpoint, IsCounted) {
    verdict("nobody", "cars_view");
    verdict("nobody", "cars_view");
    EXPECT_NE(api_.registry.text().find(R"(access_control_checks_total{outcome="no_such_user"} 2)"), std::string::npos);
}

}  // namespace
}  // namespace twinfleet::access_control
