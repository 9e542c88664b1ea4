#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "capabilities/access_control/testing/api.hpp"

namespace twinfleet::access_control {
namespace {

using testing::Answer;
using ::testing::MatchesRegex;

const std::string groups = "/v1/parks/park/groups";

class Groups : public ::testing::Test {
protected:
    std::string made(const std::string& body, const std::string& park = "park") {
        const Answer answer = api_.post("/v1/parks/" + park + "/groups", body);
        EXPECT_EQ(answer.status, 201) << answer;
        return answer.text("id");
    }

    testing::ApiUnderTest api_;
};

TEST_F(Groups, AreMadeAndRead) {
    const Answer made = api_.post(
        groups, R"({"name": "Dispatchers", "grants": ["users_view", "cars_edit", "users_view"], "is_super": true,
                    "read_only": true})");
    ASSERT_EQ(made.status, 201) << made;
    EXPECT_THAT(made.text("id"), MatchesRegex("[0-9a-f]{32}"));
    boost::json::object expected{{"id", made.text("id")}, {"park_id", "park"},
                                 {"name", "Dispatchers"}, {"grants", {"cars_edit", "users_view"}},
                                 {"is_super", true},      {"read_only", true}};
    EXPECT_EQ(made.body, expected);
    const Answer read = api_.get(groups + "/" + made.text("id"));
    EXPECT_EQ(read.status, 200);
    EXPECT_EQ(read.body, expected);
}

TEST_F(Groups, NeedOnlyAName) {
    const Answer made = api_.post(groups, R"({"name": "Диспетчеры 🚕"})");
    ASSERT_EQ(made.status, 201) << made;
    EXPECT_EQ(made.text("name"), "Диспетчеры 🚕");
    EXPECT_EQ(made.text("grants"), "[]");
    EXPECT_EQ(made.text("is_super"), "false");
    EXPECT_EQ(made.text("read_only"), "false");
}

TEST_F(Groups, HaveNamesOfTheirOwnWithinAPark) {
    const std::string id = made(R"({"name": "a"})");
    made(R"({"name": "a"})", "another");
    made(R"({"name": "b"})");
    const Answer taken = api_.post(groups, R"({"name": "a"})");
    EXPECT_EQ(taken.status, 409);
    EXPECT_EQ(taken.code(), "name_taken");
    const std::string all = R"(", "grants": [], "is_super": false, "read_only": false})";
    EXPECT_EQ(api_.put(groups + "/" + id, R"({"name": "b)" + all).code(), "name_taken");
    EXPECT_EQ(api_.put(groups + "/" + id, R"({"name": "a)" + all).status, 200);
}

TEST_F(Groups, AreReplacedAsAWhole) {
    const std::string id = made(R"({"name": "a", "grants": ["cars_view"], "is_super": true})");
    const Answer replaced =
        api_.put(groups + "/" + id, R"({"name": "b", "grants": ["users_edit"], "is_super": false, "read_only": true})");
    ASSERT_EQ(replaced.status, 200) << replaced;
    EXPECT_EQ(replaced.body, (boost::json::object{{"id", id},
                                                  {"park_id", "park"},
                                                  {"name", "b"},
                                                  {"grants", {"users_edit"}},
                                                  {"is_super", false},
                                                  {"read_only", true}}));
    EXPECT_EQ(api_.put(groups + "/" + id, R"({"grants": [], "is_super": false, "read_only": true})").field(), "name");
    // What a new group may leave out is as in a new one, whatever it was.
    EXPECT_EQ(api_.put(groups + "/" + id, R"({"name": "c"})").body,
              (boost::json::object{{"id", id},
                                   {"park_id", "park"},
                                   {"name", "c"},
                                   {"grants", boost::json::array()},
                                   {"is_super", false},
                                   {"read_only", false}}));
}

TEST_F(Groups, AreReplacedByWhatWasRead) {
    const std::string one = groups + "/" + made(R"({"name": "a", "grants": ["cars_view"], "read_only": true})");
    boost::json::object body = api_.get(one).body;
    body["name"] = "b";
    const Answer replaced = api_.put(one, boost::json::serialize(body));
    EXPECT_EQ(replaced.status, 200) << replaced;
    EXPECT_EQ(replaced.body, body);
}

TEST_F(Groups, KeepTheirIdAndPark) {
    const std::string one = groups + "/" + made(R"({"name": "a"})");
    for (const char* field : {"id", "park_id"}) {
        for (const boost::json::value& other : {boost::json::value("another"), boost::json::value(nullptr)}) {
            boost::json::object body = api_.get(one).body;
            body["name"] = "b";
            body[field] = other;
            const Answer refused = api_.put(one, boost::json::serialize(body));
            EXPECT_EQ(refused.status, 409) << field;
            EXPECT_EQ(refused.code(), "conflict");
            EXPECT_EQ(refused.field(), field);
        }
    }
    EXPECT_EQ(api_.put(one, R"({"name": "", "id": "another"})").field(), "name") << "a wrong field comes first";
    EXPECT_EQ(api_.get(one).text("name"), "a");
}

TEST_F(Groups, AreRemoved) {
    const std::string id = made(R"({"name": "a"})");
    EXPECT_EQ(api_.remove(groups + "/" + id).status, 204);
    EXPECT_EQ(api_.get(groups + "/" + id).code(), "group_not_found");
    EXPECT_EQ(api_.remove(groups + "/" + id).status, 404);
}

TEST_F(Groups, ThatUsersAreInStay) {
    const std::string id = made(R"({"name": "a"})");
    ASSERT_EQ(api_.post("/v1/parks/park/users", R"({"login": "u", "group_id": ")" + id + R"("})").status, 201);
    const Answer refused = api_.remove(groups + "/" + id);
    EXPECT_EQ(refused.status, 409);
    EXPECT_EQ(refused.code(), "group_in_use");
    EXPECT_EQ(api_.get(groups + "/" + id).status, 200);
}

TEST_F(Groups, OfAnotherParkAreNotThere) {
    const std::string id = made(R"({"name": "a"})", "another");
    EXPECT_EQ(api_.get(groups + "/" + id).status, 404);
    EXPECT_EQ(api_.remove(groups + "/" + id).status, 404);
    EXPECT_EQ(
        api_.put(groups + "/" + id, R"({"name": "b", "grants": [], "is_super": false, "read_only": true})").status,
        404);
    EXPECT_EQ(api_.get("/v1/parks/another/groups/" + id).text("name"), "a");
}

TEST_F(Groups, AreListedInPages) {
    EXPECT_EQ(api_.get(groups).body, (boost::json::object{{"items", boost::json::array()}, {"next_cursor", nullptr}}));
    std::set<std::string> ids;
    for (int i = 0; i < 7; ++i) {
        ids.insert(made(R"({"name": ")" + std::to_string(i) + R"("})"));
        made(R"({"name": ")" + std::to_string(i) + R"("})", "another");
    }
    std::set<std::string> listed;
    std::string cursor;
    for (const std::size_t size : {3U, 3U, 1U}) {
        const Answer page = api_.get(groups + "?limit=3&cursor=" + cursor);
        ASSERT_EQ(page.status, 200) << page;
        const auto& items = page.body.at("items").as_array();
        EXPECT_EQ(items.size(), size);
        for (const auto& item : items) {
            listed.emplace(item.at("id").as_string());
        }
        cursor = page.text("next_cursor");
    }
    EXPECT_EQ(cursor, "null");
    EXPECT_EQ(listed, ids);
    // A page that is just full is the last one.
    EXPECT_EQ(api_.get(groups + "?limit=7").text("next_cursor"), "null");
}

TEST_F(Groups, BadInputIsRefusedByField) {
    struct Case {
        std::string body;
        std::string field;
    };
    const std::string long_name(201, 'x');
    for (const auto& [body, field] : std::vector<Case>{
             {"", ""},
             {"[]", ""},
             {"null", ""},
             {"{", ""},
             {"{\"name\": \"\xff\"}", ""},
             {R"({"name": "a", "name": "b"})", ""},
             {"{}", "name"},
             {R"({"name": null})", "name"},
             {R"({"name": 7})", "name"},
             {R"({"name": ""})", "name"},
             {R"({"name": "a\nb"})", "name"},
             {R"({"name": "a\u0000b"})", "name"},
             {R"({"name": ")" + long_name + R"("})", "name"},
             {R"({"name": "a", "grants": null})", "grants"},
             {R"({"name": "a", "grants": "cars_view"})", "grants"},
             {R"({"name": "a", "grants": ["cars_view", "cars_drive"]})", "grants[1]"},
             {R"({"name": "a", "grants": ["cars_view", 7]})", "grants[1]"},
             {R"({"name": "a", "grants": [""]})", "grants[0]"},
             {R"({"name": "a", "is_super": "yes"})", "is_super"},
             {R"({"name": "a", "is_super": null})", "is_super"},
             {R"({"name": "a", "read_only": 0})", "read_only"},
             {R"({"name": "a", "id": "b"})", "id"},
             {R"({"name": "a", "is_enabled": false})", "is_enabled"},
         }) {
        const Answer answer = api_.post(groups, body);
        EXPECT_EQ(answer.status, 400) << body;
        EXPECT_EQ(answer.field(), field) << body;
    }
    EXPECT_EQ(api_.post(groups, R"({"name": ")" + std::string(200, 'x') + R"("})").status, 201);
    EXPECT_EQ(api_.post("/v1/parks/" + std::string(129, 'p') + "/groups", R"({"name": "a"})").field(), "park_id");
    EXPECT_EQ(api_.post("/v1/parks/a\tb/groups", R"({"name": "a"})").field(), "park_id");
    EXPECT_EQ(api_.get("/v1/parks/park/groups/" + std::string(129, 'p')).field(), "id");
}

TEST_F(Groups, BadPagesAreRefused) {
    for (const char* query : {"limit=0", "limit=1001", "limit=-1", "limit=", "limit=1.5", "limit=ten", "limit=1%20",
                              "limit=99999999999999999999", "limit=1&limit=2", "offset=1", "cursor=a%00b"}) {
        EXPECT_EQ(api_.get(groups + "?" + query).status, 400) << query;
    }
    EXPECT_EQ(api_.get(groups + "?limit=1000").status, 200);
}

TEST_F(Groups, OfAChildParkAreWrittenByTheMirrorAloneAndReadOnly) {
    api_.source.add_child(ParkId("park"));
    const std::string body =
        R"({"name": "a", "grants": ["cars_edit", "users_view"], "is_super": true, "read_only": false})";
    EXPECT_EQ(api_.post(groups, body).code(), "child_park_is_read_only");
    EXPECT_EQ(api_.post(groups, body).status, 403);

    const Answer made = api_.post(groups, body, "synchronizer");
    ASSERT_EQ(made.status, 201) << made;
    EXPECT_EQ(made.text("grants"), R"(["cars_view","users_view"])");
    EXPECT_EQ(made.text("is_super"), "false");
    const std::string one = groups + "/" + made.text("id");
    EXPECT_EQ(api_.put(one, body).code(), "child_park_is_read_only");
    EXPECT_EQ(api_.remove(one).code(), "child_park_is_read_only");
    EXPECT_EQ(api_.get(one).status, 200);
    const Answer replaced = api_.put(one, body, "synchronizer");
    EXPECT_EQ(replaced.text("grants"), R"(["cars_view","users_view"])");
    EXPECT_EQ(replaced.text("is_super"), "false");
    EXPECT_EQ(api_.remove(one, "synchronizer").status, 204);
}

TEST_F(Groups, OfAChildParkAreRefusedBeforeTheBodyIsRead) {
    api_.source.add_child(ParkId("park"));
    for (const char* body : {"", "{", R"({"name": 7})", R"({"unknown": 1})"}) {
        EXPECT_EQ(api_.post(groups, body).status, 403) << body;
        EXPECT_EQ(api_.put(groups + "/some", body).code(), "child_park_is_read_only") << body;
        EXPECT_EQ(api_.put(groups + "/some?unknown=1", body).status, 403) << body;
        EXPECT_EQ(api_.put(groups + "/some", body, "synchronizer").status, 400) << body;
    }
}

TEST_F(Groups, OfAParkThatNobodyKnowsWaitForTheSource) {
    api_.source.set_away(true);
    EXPECT_EQ(api_.post(groups, R"({"name": "a"})").status, 503);
    EXPECT_EQ(api_.get(groups).status, 200);
}

}  // namespace
}  // namespace twinfleet::access_control
