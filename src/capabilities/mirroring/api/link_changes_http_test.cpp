#include "capabilities/mirroring/api/link_changes_http.hpp"

#include <future>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "capabilities/mirroring/testing/api_over_fakes.hpp"

namespace twinfleet::mirroring {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class LinkChangesHttpTest : public ::testing::Test {
protected:
    testing::ApiAnswer changes(const std::string& query = "") { return api_.get("/v1/links/cars/changes" + query); }

    testing::ApiOverFakes api_;
};

TEST_F(LinkChangesHttpTest, HaveTheKeysOfTheContract) {
    api_.link_changes.add();
    const auto answer = changes();
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.text,
              R"({"changes":[{"position":"1","family":"vezet","parent_id":"parent 1","parent_park_id":"park 1",)"
              R"("child_id":"child 1","child_park_id":"child park 1","state":"linked",)"
              R"("at":"2023-11-14T22:13:20.000Z"}],"next":"1"})");
}

TEST_F(LinkChangesHttpTest, GoOnBehindThePositionThatAnAnswerNamed) {
    api_.link_changes.add();
    api_.link_changes.add(LinkState::retired);
    EXPECT_EQ(changes("?limit=1").at("next"), "1");
    const auto second = changes("?after=1&limit=1");
    EXPECT_THAT(second.at("changes"), HasSubstr(R"("position":"2","family":"vezet")"));
    EXPECT_THAT(second.at("changes"), HasSubstr(R"("state":"retired")"));
    EXPECT_EQ(changes("?after=2").text, R"({"changes":[],"next":"2"})");
}

TEST_F(LinkChangesHttpTest, MayBeWaitedFor) {
    auto waiting = std::async(std::launch::async, [this] { return changes("?after=0&wait_s=25"); });
    while (api_.link_changes.calls() < 3) {
        std::this_thread::yield();
    }
    api_.link_changes.add();
    EXPECT_EQ(waiting.get().at("next"), "1");
}

TEST_F(LinkChangesHttpTest, BehindAPositionThatSaysNothingAre410) {
    api_.link_changes.add();
    api_.link_changes.add();
    api_.link_changes.forget_until(1);
    EXPECT_EQ(changes("?after=0").outcome(), "410 position_expired");
    EXPECT_EQ(changes("?after=3&wait_s=25").outcome(), "410 position_expired");
    EXPECT_EQ(changes().at("next"), "2");
}

TEST_F(LinkChangesHttpTest, TheParameterThatIsWrongIsNamed) {
    for (const auto& [query, field] : {std::pair("?after=x", "after"),
                                       {"?after=-1", "after"},
                                       {"?after=", "after"},
                                       {"?after=99999999999999999999", "after"},
                                       {"?limit=0", "limit"},
                                       {"?limit=1001", "limit"},
                                       {"?wait_s=26", "wait_s"},
                                       {"?wait_s=-1", "wait_s"},
                                       {"?wait_s=0.5", "wait_s"},
                                       {"?family=vezet", "family"}}) {
        EXPECT_EQ(changes(query).bad_field(), std::string("400 ") + field) << query;
    }
    EXPECT_EQ(api_.get("/v1/links/planes/changes").outcome(), "404 entity_not_found");
}

TEST_F(LinkChangesHttpTest, Are503WhileTheStoreIsAway) {
    api_.link_changes.fail(testing::store_is_away());
    const auto answer = changes("?wait_s=25");
    EXPECT_EQ(answer.outcome(), "503 unavailable");
    EXPECT_THAT(answer.text, Not(HasSubstr("secret")));
}

TEST(LinkChangesHttp, Are503WhenTooManyWait) {
    const testing::ApiOverFakes api({.link_changes = {.waiting_max = 0}});
    EXPECT_EQ(api.get("/v1/links/cars/changes").outcome(), "503 overloaded");
}

}  // namespace
}  // namespace twinfleet::mirroring
