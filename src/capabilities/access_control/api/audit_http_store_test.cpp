#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "capabilities/access_control/testing/api.hpp"

namespace twinfleet::access_control {
namespace {

using testing::Answer;
using ::testing::HasSubstr;
using ::testing::Not;

const std::string audited_groups = "/v1/parks/park/groups";
const std::string audited_users = "/v1/parks/park/users";
const std::string audit = "/v1/parks/park/audit";
const http::Headers ivan{{"X-User", "Ivan"}};

class Audit : public ::testing::Test {
protected:
    /// The newest first.
    boost::json::array entries(const std::string& target = audit) {
        const Answer answer = api_.get(target);
        EXPECT_EQ(answer.status, 200) << answer;
        return answer.body.at("items").as_array();
    }
    boost::json::object newest() {
        const auto all = entries();
        EXPECT_FALSE(all.empty());
        return all.empty() ? boost::json::object() : all.front().as_object();
    }
    static boost::json::object change(const boost::json::value& from, const boost::json::value& to) {
        return {{"from", from}, {"to", to}};
    }

    testing::ApiUnderTest api_;
};

TEST_F(Audit, TellsWhoChangedAGroupAndFromWhatToWhat) {
    const std::string id = api_.post(audited_groups, R"({"name": "a", "grants": ["cars_view"]})").text("id");
    const Answer changed = api_.call("PUT", audited_groups + "/" + id,
                                     R"({"name": "a", "grants": ["cars_edit", "users_view"]})", "console", ivan);
    ASSERT_EQ(changed.status, 200) << changed;
    auto entry = newest();
    EXPECT_TRUE(entry.at("id").is_number());
    EXPECT_THAT(std::string(entry.at("at").as_string()), ::testing::MatchesRegex("20..-..-..T..:..:..\\....Z"));
    entry.erase("id");
    entry.erase("at");
    EXPECT_EQ(entry,
              (boost::json::object{{"caller", "console"},
                                   {"user", "Ivan"},
                                   {"entity", "group"},
                                   {"entity_id", id},
                                   {"action", "changed"},
                                   {"changes", {{"grants", change({"cars_view"}, {"cars_edit", "users_view"})}}}}));
}

TEST_F(Audit, TellsOfUsersThatCameAndWent) {
    const std::string id =
        api_.post(audited_users, R"({"login": "anna", "phone": "+79990001122", "is_superuser": true})").text("id");
    EXPECT_EQ(newest().at("action"), "created");
    EXPECT_EQ(newest().at("user"), nullptr);
    EXPECT_EQ(newest().at("changes").as_object().at("is_superuser"), change(nullptr, true));
    ASSERT_EQ(api_.call("DELETE", audited_users + "/" + id, "", "console", ivan).status, 204);
    EXPECT_EQ(newest().at("action"), "removed");
    EXPECT_EQ(newest().at("entity_id").as_string(), id);
    EXPECT_EQ(newest().at("user"), "Ivan");
    EXPECT_EQ(newest().at("changes").as_object().at("login"), change("anna", nullptr));
    EXPECT_EQ(entries().size(), 2U);
}

TEST_F(Audit, HoldsNoPhone) {
    const std::string one =
        audited_users + "/" + api_.post(audited_users, R"({"login": "anna", "phone": "+79990001122"})").text("id");
    // Two that look alike when they are masked are a change all the same.
    ASSERT_EQ(api_.put(one, R"({"login": "anna", "phone": "+79990003322"})").status, 200);
    EXPECT_EQ(newest().at("changes"), (boost::json::object{{"phone", change("+7***22", "+7***22")}}));
    EXPECT_EQ(api_.stored("SELECT count(*)::text FROM access_control.audit WHERE changes::text LIKE '%9990%'"), "0");
}

TEST_F(Audit, TellsOfNothingThatStayedAsItWas) {
    const Answer made = api_.post(audited_users, R"({"login": "anna"})");
    ASSERT_EQ(api_.put(audited_users + "/" + made.text("id"), boost::json::serialize(made.body)).status, 200);
    EXPECT_EQ(api_.post(audited_users, R"({"login": "anna"})").code(), "login_taken");
    EXPECT_EQ(api_.post("/v1/users", R"({"park_id": "park", "login": "anna"})").status, 200);
    EXPECT_EQ(entries().size(), 1U);
}

TEST_F(Audit, NamesTheMirrorForTheCopiesInAChildPark) {
    const std::string record = R"({"op": "insert", "record": {"id": "u", "park_id": "park", "login": "anna",
        "display_name": "", "phone": null, "group_id": null, "is_enabled": true, "is_superuser": false,
        "created_us": 1, "modified_us": 1}})";
    const Answer written = api_.post("/v1/internal/users/write", R"({"operations": [)" + record + "]}", "synchronizer");
    ASSERT_EQ(written.text("outcomes"), R"(["written"])");
    EXPECT_EQ(newest().at("caller"), "synchronizer");
    EXPECT_EQ(newest().at("entity_id"), "u");
    ASSERT_EQ(api_.post("/v1/users", R"({"park_id": "park", "login": "master"})", "synchronizer").status, 201);
    EXPECT_EQ(newest().at("caller"), "synchronizer");
}

TEST_F(Audit, NamesTheRoleOfTheDatabaseForAChangeByHand) {
    ASSERT_EQ(api_.post(audited_users, R"({"login": "anna"})", "console").status, 201);
    api_.pool.transact([](postgres::Transaction& transaction) {
        transaction.execute("UPDATE access_control.users SET is_superuser = true");
    });
    EXPECT_THAT(std::string(newest().at("caller").as_string()), ::testing::StartsWith("database:"));
    EXPECT_EQ(newest().at("user"), nullptr);
}

TEST_F(Audit, IsOfOnePark) {
    ASSERT_EQ(api_.post("/v1/parks/another/users", R"({"login": "anna"})").status, 201);
    EXPECT_TRUE(entries().empty());
    EXPECT_EQ(entries("/v1/parks/another/audit").size(), 1U);
}

TEST_F(Audit, IsShownInPagesFromTheNewest) {
    for (int i = 0; i < 5; ++i) {
        ASSERT_EQ(api_.post(audited_users, R"({"login": ")" + std::to_string(i) + R"("})").status, 201);
    }
    const auto login = [](const boost::json::value& entry) {
        return std::string(entry.at("changes").at("login").at("to").as_string());
    };
    const Answer first = api_.get(audit + "?limit=3");
    ASSERT_EQ(first.body.at("items").as_array().size(), 3U);
    EXPECT_EQ(login(first.body.at("items").as_array().front()), "4");
    const Answer last = api_.get(audit + "?limit=3&cursor=" + first.text("next_cursor"));
    ASSERT_EQ(last.body.at("items").as_array().size(), 2U);
    EXPECT_EQ(login(last.body.at("items").as_array().back()), "0");
    EXPECT_EQ(last.text("next_cursor"), "null");
    EXPECT_EQ(api_.get(audit + "?cursor=x").field(), "cursor");
    EXPECT_EQ(api_.get(audit + "?limit=0").field(), "limit");
    EXPECT_EQ(api_.get(audit + "?user=x").status, 400);
}

TEST_F(Audit, APersonIsNamedByTextAlone) {
    for (const std::string& person :
         {std::string(), std::string(201, 'x'), std::string("a\x7f"), std::string("\xff")}) {
        const Answer refused =
            api_.call("POST", audited_users, R"({"login": "anna"})", "console", {{"X-User", person}});
        EXPECT_EQ(refused.status, 400) << refused;
        EXPECT_EQ(refused.field(), "X-User");
    }
    EXPECT_TRUE(entries().empty());
    EXPECT_EQ(api_.call("POST", audited_users, R"({"login": "anna"})", "console", {{"x-user", "Иван"}}).status, 201);
    EXPECT_EQ(newest().at("user"), "Иван");
}

TEST_F(Audit, EachChangeIsLoggedWithItsAuthorAndWithoutAPhone) {
    const std::string body = R"({"login": "anna", "phone": "+79990001122"})";
    const std::string id = api_.call("POST", audited_users, body, "console", {{"X-User", "+79990005566"}}).text("id");
    ASSERT_EQ(api_.call("DELETE", audited_users + "/" + id, "", "console", ivan).status, 204);
    const auto created = api_.log.entries("user created");
    ASSERT_EQ(created.size(), 1U);
    EXPECT_EQ(created[0].fields.at("caller"), "console");
    EXPECT_EQ(created[0].fields.at("id"), id);
    const auto removed = api_.log.entries("user removed");
    ASSERT_EQ(removed.size(), 1U);
    EXPECT_EQ(removed[0].fields.at("user"), "Ivan");
    EXPECT_EQ(removed[0].fields.at("park_id"), "park");
    for (const auto& entry : api_.log.entries()) {
        for (const auto& [key, value] : entry.fields) {
            EXPECT_THAT(value, Not(HasSubstr("9990"))) << entry.event << " " << key;
        }
    }
}

TEST_F(Audit, ARefusedWriteIntoAChildParkIsLogged) {
    api_.source.add_child(ParkId("park"));
    EXPECT_EQ(api_.call("POST", audited_users, R"({"login": "anna"})", "stranger", ivan).status, 403);
    const auto refused = api_.log.entries("write into a child park refused");
    ASSERT_EQ(refused.size(), 1U);
    EXPECT_EQ(refused[0].fields.at("caller"), "stranger");
    EXPECT_EQ(refused[0].fields.at("park_id"), "park");
    EXPECT_TRUE(entries().empty());
}

}  // namespace
}  // namespace twinfleet::access_control
