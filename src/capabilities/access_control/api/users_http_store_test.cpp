#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "capabilities/access_control/testing/api.hpp"

namespace twinfleet::access_control {
namespace {

using testing::Answer;
using ::testing::MatchesRegex;

const std::string users = "/v1/parks/park/users";

class Users : public ::testing::Test {
protected:
    std::string group(const std::string& park) {
        return api_.post("/v1/parks/" + park + "/groups", R"({"name": "g"})").text("id");
    }

    testing::ApiUnderTest api_;
};

TEST_F(Users, AreMadeAndRead) {
    const std::string group_id = group("park");
    const Answer made = api_.post(users, R"({"login": "anna", "display_name": "Anna", "phone": "+79990001122",
                                            "group_id": ")" +
                                             group_id + R"(", "is_enabled": false, "is_superuser": true})");
    ASSERT_EQ(made.status, 201) << made;
    EXPECT_THAT(made.text("id"), MatchesRegex("[0-9a-f]{32}"));
    const boost::json::object expected{{"id", made.text("id")},  {"park_id", "park"},       {"login", "anna"},
                                       {"display_name", "Anna"}, {"phone", "+79990001122"}, {"group_id", group_id},
                                       {"is_enabled", false},    {"is_superuser", true}};
    EXPECT_EQ(made.body, expected);
    EXPECT_EQ(api_.get(users + "/" + made.text("id")).body, expected);
}

TEST_F(Users, NeedOnlyALogin) {
    const Answer made = api_.post(users, R"({"login": "анна"})");
    ASSERT_EQ(made.status, 201) << made;
    EXPECT_EQ(made.body, (boost::json::object{{"id", made.text("id")},
                                              {"park_id", "park"},
                                              {"login", "анна"},
                                              {"display_name", ""},
                                              {"phone", nullptr},
                                              {"group_id", nullptr},
                                              {"is_enabled", true},
                                              {"is_superuser", false}}));
}

TEST_F(Users, HaveLoginsOfTheirOwnWithinAPark) {
    ASSERT_EQ(api_.post(users, R"({"login": "anna"})").status, 201);
    const Answer boris = api_.post(users, R"({"login": "boris"})");
    EXPECT_EQ(api_.post(users, R"({"login": "anna"})").status, 409);
    EXPECT_EQ(api_.post(users, R"({"login": "anna"})").code(), "login_taken");
    EXPECT_EQ(api_.post(users, R"({"login": "Anna"})").status, 201);
    EXPECT_EQ(api_.post("/v1/parks/another/users", R"({"login": "anna"})").status, 201);
    EXPECT_EQ(api_.put(users + "/" + boris.text("id"),
                       R"({"login": "anna", "display_name": "", "phone": null, "group_id": null, "is_enabled": true,
                           "is_superuser": false})")
                  .code(),
              "login_taken");
}

TEST_F(Users, AreInAGroupOfTheirPark) {
    const std::string body = R"({"login": "anna", "group_id": ")" + group("another") + R"("})";
    EXPECT_EQ(api_.post(users, body).status, 409);
    EXPECT_EQ(api_.post(users, body).code(), "group_not_found");
    EXPECT_EQ(api_.post(users, body).field(), "group_id");
    EXPECT_EQ(api_.post(users, R"({"login": "anna", "group_id": "nobody's"})").code(), "group_not_found");
    EXPECT_EQ(api_.get(users).text("items"), "[]");
}

TEST_F(Users, AreReplacedAsAWhole) {
    const Answer made = api_.post(users, R"({"login": "anna", "phone": "+79990001122", "is_superuser": true})");
    const std::string one = users + "/" + made.text("id");
    const Answer replaced = api_.put(one, R"({"login": "anna2", "display_name": "A.", "phone": null, "group_id": null,
                                              "is_enabled": false, "is_superuser": false})");
    ASSERT_EQ(replaced.status, 200) << replaced;
    EXPECT_EQ(replaced.body, (boost::json::object{{"id", made.text("id")},
                                                  {"park_id", "park"},
                                                  {"login", "anna2"},
                                                  {"display_name", "A."},
                                                  {"phone", nullptr},
                                                  {"group_id", nullptr},
                                                  {"is_enabled", false},
                                                  {"is_superuser", false}}));
    boost::json::object nameless = replaced.body;
    nameless.erase("login");
    EXPECT_EQ(api_.put(one, boost::json::serialize(nameless)).field(), "login");
    // What a new user may leave out is as in a new one, whatever it was.
    EXPECT_EQ(api_.put(one, R"({"login": "anna3"})").body, (boost::json::object{{"id", made.text("id")},
                                                                                {"park_id", "park"},
                                                                                {"login", "anna3"},
                                                                                {"display_name", ""},
                                                                                {"phone", nullptr},
                                                                                {"group_id", nullptr},
                                                                                {"is_enabled", true},
                                                                                {"is_superuser", false}}));
}

TEST_F(Users, AreReplacedByWhatWasRead) {
    const Answer made = api_.post(users, R"({"login": "anna", "phone": "+79990001122", "group_id": ")" + group("park") +
                                             R"(", "is_enabled": false})");
    const std::string one = users + "/" + made.text("id");
    boost::json::object body = api_.get(one).body;
    body["display_name"] = "Anna";
    const Answer replaced = api_.put(one, boost::json::serialize(body));
    EXPECT_EQ(replaced.status, 200) << replaced;
    EXPECT_EQ(replaced.body, body);
}

TEST_F(Users, KeepTheirIdAndPark) {
    const std::string one = users + "/" + api_.post(users, R"({"login": "anna"})").text("id");
    for (const char* field : {"id", "park_id"}) {
        boost::json::object body = api_.get(one).body;
        body["login"] = "berta";
        body[field] = "another";
        const Answer refused = api_.put(one, boost::json::serialize(body));
        EXPECT_EQ(refused.status, 409) << field;
        EXPECT_EQ(refused.code(), "conflict");
        EXPECT_EQ(refused.field(), field);
    }
    EXPECT_EQ(api_.get(one).text("login"), "anna");
}

TEST_F(Users, AreRemoved) {
    const std::string one = users + "/" + api_.post(users, R"({"login": "anna"})").text("id");
    EXPECT_EQ(api_.remove(one).status, 204);
    EXPECT_EQ(api_.remove(one).code(), "user_not_found");
    EXPECT_EQ(api_.get(one).status, 404);
    EXPECT_EQ(api_.post(users, R"({"login": "anna"})").status, 201);
}

TEST_F(Users, OfAnotherParkAreNotThere) {
    const std::string id = api_.post("/v1/parks/another/users", R"({"login": "anna"})").text("id");
    EXPECT_EQ(api_.get(users + "/" + id).status, 404);
    EXPECT_EQ(api_.remove(users + "/" + id).status, 404);
    EXPECT_EQ(api_.get("/v1/parks/another/users/" + id).status, 200);
}

TEST_F(Users, AreListedInPages) {
    for (int i = 0; i < 5; ++i) {
        ASSERT_EQ(api_.post(users, R"({"login": ")" + std::to_string(i) + R"("})").status, 201);
    }
    const Answer first = api_.get(users + "?limit=4");
    EXPECT_EQ(first.body.at("items").as_array().size(), 4U);
    const Answer last = api_.get(users + "?limit=4&cursor=" + first.text("next_cursor"));
    EXPECT_EQ(last.body.at("items").as_array().size(), 1U);
    EXPECT_EQ(last.text("next_cursor"), "null");
}

TEST_F(Users, BadInputIsRefusedByField) {
    struct Case {
        std::string body;
        std::string field;
    };
    for (const auto& [body, field] : std::vector<Case>{
             {"", ""},
             {"7", ""},
             {"{}", "login"},
             {R"({"login": ""})", "login"},
             {R"({"login": 7})", "login"},
             {R"({"login": "a\u007fb"})", "login"},
             {R"({"login": ")" + std::string(129, 'x') + R"("})", "login"},
             {R"({"login": "a", "display_name": null})", "display_name"},
             {R"({"login": "a", "display_name": ")" + std::string(201, 'x') + R"("})", "display_name"},
             {R"({"login": "a", "phone": "89990001122"})", "phone"},
             {R"({"login": "a", "phone": ""})", "phone"},
             {R"({"login": "a", "phone": 79990001122})", "phone"},
             {R"({"login": "a", "group_id": ""})", "group_id"},
             {R"({"login": "a", "group_id": 5})", "group_id"},
             {R"({"login": "a", "is_enabled": null})", "is_enabled"},
             {R"({"login": "a", "is_superuser": "true"})", "is_superuser"},
             {R"({"login": "a", "park_id": "park"})", "park_id"},
             {R"({"login": "a", "password": "secret"})", "password"},
         }) {
        const Answer answer = api_.post(users, body);
        EXPECT_EQ(answer.status, 400) << body;
        EXPECT_EQ(answer.field(), field) << body;
    }
    EXPECT_EQ(api_.post("/v1/users", R"({"login": "a"})").field(), "park_id");
    EXPECT_EQ(api_.post("/v1/users", R"({"park_id": "park"})").field(), "login");
    EXPECT_EQ(api_.post("/v1/users", R"({"park_id": "park", "login": "a", "is_enabled": true})").field(), "is_enabled");
}

TEST_F(Users, TheMasterAccountIsMadeOnce) {
    const std::string body = R"({"park_id": "park", "login": "master", "display_name": "M", "is_superuser": true})";
    const Answer made = api_.post("/v1/users", body);
    ASSERT_EQ(made.status, 201) << made;
    EXPECT_EQ(made.text("is_superuser"), "true");
    EXPECT_EQ(made.text("is_enabled"), "true");
    const Answer again = api_.post("/v1/users", R"({"park_id": "park", "login": "master", "group_id": "nobody's"})");
    EXPECT_EQ(again.status, 200);
    EXPECT_EQ(again.body, made.body);
    EXPECT_EQ(api_.post("/v1/users", R"({"park_id": "another", "login": "master"})").status, 201);
    EXPECT_EQ(api_.post("/v1/users", R"({"park_id": "park", "login": "other", "group_id": "nobody's"})").code(),
              "group_not_found");
}

TEST_F(Users, OfAChildParkAreWrittenByTheMirrorAloneAndNoSuperusers) {
    api_.source.add_child(ParkId("park"));
    const std::string body = R"({"login": "anna", "display_name": "", "phone": null, "group_id": null,
                                 "is_enabled": true, "is_superuser": true})";
    const std::string account = R"({"park_id": "park", "login": "master", "is_superuser": true})";
    EXPECT_EQ(api_.post(users, body).code(), "child_park_is_read_only");
    EXPECT_EQ(api_.post("/v1/users", account).code(), "child_park_is_read_only");
    EXPECT_EQ(api_.post("/v1/users", account, "synchronizer").text("is_superuser"), "false");
    const Answer made = api_.post(users, body, "synchronizer");
    ASSERT_EQ(made.status, 201) << made;
    EXPECT_EQ(made.text("is_superuser"), "false");
    const std::string one = users + "/" + made.text("id");
    EXPECT_EQ(api_.put(one, body).status, 403);
    EXPECT_EQ(api_.remove(one).status, 403);
    EXPECT_EQ(api_.put(one, body, "synchronizer").text("is_superuser"), "false");
    EXPECT_EQ(api_.remove(one, "synchronizer").status, 204);
}

TEST_F(Users, OfAChildParkAreRefusedBeforeTheRestOfTheBodyIsRead) {
    api_.source.add_child(ParkId("park"));
    for (const char* body : {"", "{", R"({"login": 7})", R"({"unknown": 1})"}) {
        EXPECT_EQ(api_.post(users, body).status, 403) << body;
        EXPECT_EQ(api_.put(users + "/some", body).code(), "child_park_is_read_only") << body;
        EXPECT_EQ(api_.put(users + "/some", body, "synchronizer").status, 400) << body;
    }
    for (const char* rest : {"", R"(, "login": 7)", R"(, "unknown": 1)"}) {
        const std::string body = std::string(R"({"park_id": "park")") + rest + "}";
        EXPECT_EQ(api_.post("/v1/users", body).code(), "child_park_is_read_only") << body;
        EXPECT_EQ(api_.post("/v1/users", body, "synchronizer").status, 400) << body;
    }
}

TEST_F(Users, OfAParkThatNobodyKnowsWaitForTheSource) {
    api_.source.set_away(true);
    EXPECT_EQ(api_.post(users, R"({"login": "a"})").status, 503);
    EXPECT_EQ(api_.post("/v1/users", R"({"park_id": "park", "login": "a"})").status, 503);
    EXPECT_EQ(api_.remove(users + "/a").status, 503);
    EXPECT_EQ(api_.get(users).status, 200);
}

}  // namespace
}  // namespace twinfleet::access_control
