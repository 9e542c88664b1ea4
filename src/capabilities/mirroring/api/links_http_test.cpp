#include "capabilities/mirroring/api/links_http.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "capabilities/mirroring/testing/api_over_fakes.hpp"
#include "platform/json/to_text.hpp"

namespace twinfleet::mirroring {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

class LinksHttpTest : public ::testing::Test {
protected:
    /// Returns the id of the park's child.
    std::string mirror_park() {
        EXPECT_EQ(api_.run("parks").state, RunState::done);
        return api_.jobs.child_id("parks", "park");
    }
    testing::ApiAnswer ask_for_many(const std::string& body) { return api_.post("/v1/links/cars", body); }
    static std::string list_of(std::size_t count) {
        std::string ids = "\"0\"";
        for (std::size_t i = 1; i < count; ++i) {
            ids += ",\"" + std::to_string(i) + "\"";
        }
        return "{\"ids\": [" + ids + "]}";
    }

    testing::ApiOverFakes api_;
};

TEST_F(LinksHttpTest, OfAParentAreItsChildrenWithTheKeysOfTheContract) {
    const std::string child = mirror_park();
    const auto answer = api_.get("/v1/links/parks/park");
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.headers.at("content-type"), "application/json");
    const std::string at = "2023-11-14T22:13:20.000Z";
    EXPECT_EQ(answer.text, R"({"entity":"parks","id":"park","role":"parent","links":[{"family":"vezet","id":")" +
                               child + R"(","park_id":")" + child + R"(","state":"linked","created_at":")" + at +
                               R"(","synced_at":")" + at + "\"}]}");
}

TEST_F(LinksHttpTest, OfAChildIsItsParent) {
    const auto answer = api_.get("/v1/links/parks/" + mirror_park());
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.at("role"), "child");
    EXPECT_THAT(answer.at("links"),
                HasSubstr(R"([{"family":"taximeter","id":"park","park_id":"park","state":"linked")"));
}

TEST_F(LinksHttpTest, AnIdThatIsNeitherIsUnlinkedWhetherOrNotThereIsSuchADocument) {
    EXPECT_EQ(api_.get("/v1/links/parks/park").text, R"({"entity":"parks","id":"park","role":"unlinked","links":[]})");
    EXPECT_EQ(api_.get("/v1/links/cars/nobody").text,
              R"({"entity":"cars","id":"nobody","role":"unlinked","links":[]})");
}

TEST_F(LinksHttpTest, IdsInPathsAreDecoded) {
    EXPECT_EQ(api_.get("/v1/links/cars/%D0%B0%2Fb%20%22").at("id"), "а/b \"");
}

TEST_F(LinksHttpTest, OfManyIdsTheAnswersAreInTheirOrderOneForEach) {
    const std::string child = mirror_park();
    const auto many = api_.post("/v1/links/parks", R"({"ids": ["nobody", ")" + child + R"(", "park", "nobody"]})");
    EXPECT_EQ(many.status, 200);
    EXPECT_EQ(many.in_each_item("id"), "nobody " + child + " park nobody");
    EXPECT_EQ(many.in_each_item("role"), "unlinked child parent unlinked");
    EXPECT_EQ(many.in_each_item("entity"), "parks parks parks parks");
    EXPECT_EQ(json::to_text(many.item(2)), api_.get("/v1/links/parks/park").text);
}

TEST_F(LinksHttpTest, AThousandIdsAreAnsweredAndNoMore) {
    EXPECT_THAT(ask_for_many(list_of(1)).items(), SizeIs(1));
    const auto most = ask_for_many(list_of(1'000));
    EXPECT_EQ(most.status, 200);
    EXPECT_THAT(most.items(), SizeIs(1'000));
    EXPECT_EQ(ask_for_many(list_of(1'001)).bad_field(), "400 ids");
}

TEST_F(LinksHttpTest, AnIdTakesUpTo1024Bytes) {
    const std::string longest(1'024, 'a');
    EXPECT_EQ(api_.get("/v1/links/cars/" + longest).status, 200);
    EXPECT_EQ(api_.get("/v1/links/cars/" + longest + "a").bad_field(), "400 id");
    EXPECT_EQ(ask_for_many("{\"ids\": [\"" + longest + "\"]}").status, 200);
    EXPECT_EQ(ask_for_many("{\"ids\": [\"b\", \"" + longest + "a\"]}").bad_field(), "400 ids[1]");
}

TEST_F(LinksHttpTest, TheFieldThatIsWrongIsNamed) {
    for (const auto& [body, field] : {std::pair("{}", "ids"),
                                      {R"({"ids": []})", "ids"},
                                      {R"({"ids": null})", "ids"},
                                      {R"({"ids": "a"})", "ids"},
                                      {R"({"ids": ["a", 7]})", "ids[1]"},
                                      {R"({"ids": [""]})", "ids[0]"},
                                      {R"({"ids": ["a\u0000"]})", "ids[0]"},
                                      {R"({"ids": ["a"], "more": 1})", "more"},
                                      {R"({"ids": ["a"], "ids": ["b"]})", ""},
                                      {"[]", ""},
                                      {"no JSON", ""},
                                      {"", ""}}) {
        const auto answer = ask_for_many(body);
        EXPECT_EQ(answer.outcome(), "400 bad_request") << body;
        EXPECT_EQ(answer.detail("field"), field) << body;
    }
}

TEST_F(LinksHttpTest, TakeNoQuery) {
    EXPECT_EQ(api_.get("/v1/links/cars/a?family=vezet").bad_field(), "400 family");
    EXPECT_EQ(api_.post("/v1/links/cars?limit=1", R"({"ids": ["a"]})").bad_field(), "400 limit");
}

TEST_F(LinksHttpTest, OfNoEntityAre404) {
    EXPECT_EQ(api_.get("/v1/links/planes/a").outcome(), "404 entity_not_found");
    EXPECT_EQ(api_.post("/v1/links/planes", R"({"ids": ["a"]})").outcome(), "404 entity_not_found");
}

TEST_F(LinksHttpTest, Are503WhileTheStoreIsAway) {
    api_.fail_calls("links.find", testing::store_is_away());
    for (const auto& answer : {api_.get("/v1/links/parks/park"), ask_for_many(R"({"ids": ["park"]})")}) {
        EXPECT_EQ(answer.outcome(), "503 unavailable");
        EXPECT_EQ(answer.headers.at("retry-after"), "1");
        EXPECT_THAT(answer.text, Not(HasSubstr("secret")));
    }
    api_.fail_calls("", nullptr);
    EXPECT_EQ(api_.get("/v1/links/parks/park").status, 200);
}

TEST_F(LinksHttpTest, TellNobodyButTheLogWhyTheyFailed) {
    api_.fail_calls("links.find", testing::mistake());
    for (const auto& answer : {api_.get("/v1/links/parks/park"), ask_for_many(R"({"ids": ["park"]})")}) {
        EXPECT_EQ(answer.outcome(), "500 internal");
        EXPECT_THAT(answer.text, Not(HasSubstr("secret")));
    }
    const auto entry = api_.jobs.log.entries("a request failed").at(0);
    EXPECT_EQ(entry.fields.find("request_id")->second, "request-1");
    EXPECT_EQ(entry.fields.find("reason")->second, "secret reason");
}

TEST(LinksHttp, Are503WhenTooManyIdsWait) {
    const testing::ApiOverFakes api({.link_reader = {.ids_waiting_max = 1}});
    EXPECT_EQ(api.post("/v1/links/cars", R"({"ids": ["a"]})").status, 200);
    const auto answer = api.post("/v1/links/cars", R"({"ids": ["a", "b"]})");
    EXPECT_EQ(answer.outcome(), "503 overloaded");
    EXPECT_EQ(answer.headers.at("retry-after"), "1");
    EXPECT_NE(answer.at("message"), "");
}

}  // namespace
}  // namespace twinfleet::mirroring
