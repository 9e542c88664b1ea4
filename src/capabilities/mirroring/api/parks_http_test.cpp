#include "capabilities/mirroring/api/parks_http.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "capabilities/mirroring/testing/api_over_fakes.hpp"
#include "platform/json/to_text.hpp"

namespace twinfleet::mirroring {
namespace {

using namespace std::chrono_literals;
using ::testing::SizeIs;

class ParksHttpTest : public ::testing::Test {
protected:
    testing::ApiAnswer look(const std::string& id) const { return api_.get("/v1/parks/" + id + "/mirror"); }

    testing::ApiOverFakes api_;
};

TEST_F(ParksHttpTest, ShowTheirChildAndItsEntities) {
    ASSERT_EQ(api_.run("parks").state, RunState::done);
    api_.overview.parks["park"] = {.entities = {{.family = "vezet",
                                                 .entity = "work_rules",
                                                 .reserved = 1,
                                                 .linked = 2,
                                                 .retired = 3,
                                                 .last_synced_at = Time(5s)}}};
    api_.overview.job_states = {
        {.job = "work_rules", .family = "vezet", .cursor = CursorState{Time(900s), Time(995s), Time(990s)}},
        {.job = "cars", .family = "vezet", .cursor = CursorState{Time(900s), Time(995s)}}};
    const auto park = look("park");
    ASSERT_EQ(park.status, 200);
    EXPECT_EQ(park.at("park_id"), "park");
    ASSERT_THAT(park.body.at("families").as_array(), SizeIs(1));
    const auto& family = park.body.at("families").at(0);
    EXPECT_EQ(family.at("family"), "vezet");
    EXPECT_EQ(json::to_text(family.at("park")), R"({"id":")" + api_.jobs.child_id("parks", "park") +
                                                    R"(","state":"linked","created_at":"2023-11-14T22:13:20.000Z",)"
                                                    R"("synced_at":"2023-11-14T22:13:20.000Z"})");
    const auto& entities = family.at("entities").as_array();
    ASSERT_THAT(entities, SizeIs(6));
    EXPECT_EQ(json::to_text(entities.at(1)), R"({"entity":"work_rules","linked":2,"reserved":1,"retired":3,)"
                                             R"("last_synced_at":"1970-01-01T00:00:05.000Z","lag_s":10})");
    // Of cars there is a cursor, but no pass has come to its end.
    EXPECT_EQ(json::to_text(entities.at(2)),
              R"({"entity":"cars","linked":0,"reserved":0,"retired":0,"last_synced_at":null,"lag_s":null})");
    EXPECT_EQ(json::to_text(park.body.at("quarantine")), R"({"items":[],"next_cursor":null,"count":0})");
}

TEST_F(ParksHttpTest, ShowWhatOfThemIsInQuarantine) {
    api_.jobs.put("work_rules", R"("_id": "bad", "park_id": "park", "poison": true)");
    api_.jobs.world.refuse_documents([](bson::View document) { return document.find("poison").has_value(); });
    ASSERT_EQ(api_.run("parks").state, RunState::done);
    ASSERT_EQ(api_.run("work_rules").report.counts.quarantined, 1U);
    api_.overview.parks["park"] = {.quarantined = 1};
    const auto park = look("park");
    const auto& quarantine = park.body.at("quarantine");
    EXPECT_EQ(quarantine.at("count"), 1);
    ASSERT_THAT(quarantine.at("items").as_array(), SizeIs(1));
    EXPECT_EQ(quarantine.at("items").at(0).at("parent_id"), "bad");
    EXPECT_TRUE(quarantine.at("next_cursor").is_null());
}

TEST_F(ParksHttpTest, ShowAHundredEntriesOfTheQuarantineAndWhereTheOthersAre) {
    api_.jobs.world.atomically([](testing::FakeWorld::Data& data) {
        for (std::int64_t id = 1; id <= 101; ++id) {
            data.quarantine[id] = {id, "cars", "vezet", {"car " + std::to_string(id), "park", "too_large"}, {}, {}};
        }
    });
    api_.overview.parks["park"] = {.quarantined = 101};
    const auto park = look("park");
    const auto& quarantine = park.body.at("quarantine");
    EXPECT_EQ(quarantine.at("count"), 101);
    EXPECT_THAT(quarantine.at("items").as_array(), SizeIs(100));
    EXPECT_EQ(quarantine.at("next_cursor"), "100");
    EXPECT_EQ(api_.get("/v1/quarantine?park_id=park&cursor=100").in_each_item("id"), "101");
}

TEST_F(ParksHttpTest, ThatAreNotMirroredAreThereAllTheSame) {
    const auto park = look("park");
    EXPECT_EQ(park.status, 200);
    EXPECT_TRUE(park.body.at("families").at(0).at("park").is_null());
    EXPECT_THAT(park.body.at("families").at(0).at("entities").as_array(), SizeIs(6));
}

TEST_F(ParksHttpTest, ThatAreGoneAreShownAsLongAsAnythingIsKnownOfThem) {
    api_.overview.parks["gone"] = {.entities = {{.family = "vezet", .entity = "cars", .retired = 1}}};
    api_.overview.parks["aside"] = {.quarantined = 1};
    EXPECT_EQ(look("gone").status, 200);
    EXPECT_EQ(look("aside").status, 200);
    EXPECT_EQ(look("nowhere").outcome(), "404 park_not_found");
}

TEST(ParksHttp, ShowEveryFamily) {
    testing::ApiOverFakes api({.families = {{"vezet"}, {"another"}}});
    ASSERT_EQ(api.run("parks", R"({"family": "another", "full": true})").state, RunState::done);
    const auto park = api.get("/v1/parks/park/mirror");
    ASSERT_THAT(park.body.at("families").as_array(), SizeIs(2));
    EXPECT_EQ(park.body.at("families").at(0).at("family"), "vezet");
    EXPECT_TRUE(park.body.at("families").at(0).at("park").is_null());
    EXPECT_EQ(park.body.at("families").at(1).at("family"), "another");
    EXPECT_EQ(park.body.at("families").at(1).at("park").at("state"), "linked");
}

TEST_F(ParksHttpTest, ThatAreChildrenAre409AndNameTheirParent) {
    ASSERT_EQ(api_.run("parks").state, RunState::done);
    const auto child = look(api_.jobs.child_id("parks", "park"));
    EXPECT_EQ(child.outcome(), "409 park_is_child");
    EXPECT_EQ(child.detail("parent_park_id"), "park");
    EXPECT_NE(child.at("message"), "");
}

TEST_F(ParksHttpTest, TakeIdsOfUpTo1024BytesAndNoQuery) {
    EXPECT_EQ(look(std::string(1'024, 'a')).outcome(), "404 park_not_found");
    EXPECT_EQ(look(std::string(1'025, 'a')).bad_field(), "400 id");
    EXPECT_EQ(api_.get("/v1/parks/park/mirror?family=vezet").bad_field(), "400 family");
}

TEST_F(ParksHttpTest, Are503WhileAStoreIsAwayAnd500OfAMistake) {
    api_.fail_calls("links.find", testing::store_is_away());
    const auto away = look("park");
    EXPECT_EQ(away.outcome(), "503 unavailable");
    EXPECT_EQ(away.headers.at("retry-after"), "1");
    api_.fail_calls("parks.presence", testing::store_is_away());
    EXPECT_EQ(look("park").outcome(), "503 unavailable");
    api_.fail_calls("", nullptr);
    api_.overview.failure = testing::mistake();
    EXPECT_EQ(look("park").outcome(), "500 internal");
}

}  // namespace
}  // namespace twinfleet::mirroring
