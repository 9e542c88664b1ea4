#include "capabilities/mirroring/api/quarantine_http.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "capabilities/mirroring/testing/api_over_fakes.hpp"
#include "platform/json/to_text.hpp"

namespace twinfleet::mirroring {
namespace {

using namespace std::chrono_literals;
using ::testing::SizeIs;

class QuarantineHttpTest : public ::testing::Test {
protected:
    void put_entry(QuarantineEntry entry) {
        api_.jobs.world.atomically(
            [&](testing::FakeWorld::Data& data) { data.quarantine[entry.id] = std::move(entry); });
    }
    testing::ApiAnswer list(const std::string& query = {}) const { return api_.get("/v1/quarantine" + query); }
    testing::ApiAnswer retry(const std::string& id, const std::string& body = {}) const {
        return api_.post("/v1/quarantine/" + id + "/retry", body);
    }
    /// A work rule whose park cannot be read, put aside by a run; returns the number of its entry.
    std::string put_bad_rule_aside() {
        api_.jobs.put("work_rules", R"("_id": "bad", "park_id": 7)");
        EXPECT_EQ(api_.run("parks").state, RunState::done);
        EXPECT_EQ(api_.run("work_rules").report.counts.quarantined, 1U);
        return list().in_each_item("id");
    }

    testing::ApiOverFakes api_;
};

TEST_F(QuarantineHttpTest, EntriesHaveTheKeysOfTheContract) {
    put_entry({7, "cars", "vezet", {R"({"$oid":"x"})", "", "bad_id"}, Time(1s), Time(2s)});
    put_entry({8, "drivers", "vezet", {"d", "park", "bad_field:car_id"}, Time(3s), Time(4s)});
    const auto page = list();
    EXPECT_EQ(page.status, 200);
    EXPECT_EQ(page.text, R"({"items":[{"id":7,"entity":"cars","family":"vezet","parent_id":"{\"$oid\":\"x\"}",)"
                         R"("parent_park_id":null,"reason":"bad_id","since":"1970-01-01T00:00:01.000Z",)"
                         R"("last_try_at":"1970-01-01T00:00:02.000Z"},)"
                         R"({"id":8,"entity":"drivers","family":"vezet","parent_id":"d","parent_park_id":"park",)"
                         R"("reason":"bad_field:car_id","since":"1970-01-01T00:00:03.000Z",)"
                         R"("last_try_at":"1970-01-01T00:00:04.000Z"}],"next_cursor":null})");
}

TEST_F(QuarantineHttpTest, MayBeEmpty) {
    EXPECT_EQ(list().text, R"({"items":[],"next_cursor":null})");
}

TEST_F(QuarantineHttpTest, EntriesAreFilteredByEntityFamilyAndPark) {
    put_entry({1, "cars", "vezet", {"a", "park", "too_large"}, {}, {}});
    put_entry({2, "cars", "another", {"b", "park", "too_large"}, {}, {}});
    put_entry({3, "drivers", "vezet", {"c", "other", "too_large"}, {}, {}});
    EXPECT_EQ(list("?entity=cars").in_each_item("id"), "1 2");
    EXPECT_EQ(list("?family=vezet").in_each_item("id"), "1 3");
    EXPECT_EQ(list("?park_id=park").in_each_item("id"), "1 2");
    EXPECT_EQ(list("?park_id=park&family=another&entity=cars").in_each_item("id"), "2");
    EXPECT_EQ(list("?entity=planes").in_each_item("id"), "");
}

TEST_F(QuarantineHttpTest, EntriesComeInPagesOldestFirst) {
    for (std::int64_t id = 1; id <= 5; ++id) {
        put_entry({id, "cars", "vezet", {"a", "park", "too_large"}, {}, {}});
    }
    const auto first = list("?limit=2");
    EXPECT_EQ(first.in_each_item("id"), "1 2");
    EXPECT_EQ(first.at("next_cursor"), "2");
    const auto second = list("?limit=2&cursor=2");
    EXPECT_EQ(second.in_each_item("id"), "3 4");
    EXPECT_EQ(second.at("next_cursor"), "4");
    const auto third = list("?limit=2&cursor=4");
    EXPECT_EQ(third.in_each_item("id"), "5");
    EXPECT_EQ(third.at("next_cursor"), "null");
    EXPECT_EQ(list("?limit=5").at("next_cursor"), "null");
    EXPECT_EQ(list("?cursor=5").in_each_item("id"), "");
}

TEST_F(QuarantineHttpTest, EntriesComeAHundredToAPageUnlessMoreAreAskedFor) {
    for (std::int64_t id = 1; id <= 1'001; ++id) {
        put_entry({id, "cars", "vezet", {"a", "park", "too_large"}, {}, {}});
    }
    EXPECT_THAT(list().items(), SizeIs(100));
    EXPECT_EQ(list().at("next_cursor"), "100");
    EXPECT_THAT(list("?limit=1000").items(), SizeIs(1'000));
    EXPECT_EQ(list("?limit=1000").at("next_cursor"), "1000");
}

TEST_F(QuarantineHttpTest, WhatIsWrongInTheQueryIsNamed) {
    for (const auto& [query, field] : {std::pair("reason=x", "reason"),
                                       {"limit=0", "limit"},
                                       {"limit=1001", "limit"},
                                       {"cursor=x", "cursor"},
                                       {"cursor=0", "cursor"},
                                       {"entity=", "entity"},
                                       {"family=", "family"},
                                       {"park_id=", "park_id"},
                                       {"park_id=a&park_id=b", "park_id"}}) {
        const auto answer = list(std::string("?") + query);
        EXPECT_EQ(answer.outcome(), "400 bad_request") << query;
        EXPECT_EQ(answer.detail("field"), field) << query;
    }
    EXPECT_EQ(list("?entity=" + std::string(1'025, 'a')).bad_field(), "400 entity");
}

TEST_F(QuarantineHttpTest, AnEntryThatIsStillBadStays) {
    const std::string id = put_bad_rule_aside();
    const auto still = retry(id);
    EXPECT_EQ(still.status, 200);
    EXPECT_EQ(still.at("id"), id);
    EXPECT_EQ(still.at("outcome"), "still_quarantined");
    EXPECT_EQ(still.at("entry"), json::to_text(list().item(0)));
    EXPECT_EQ(still.body.at("entry").at("reason"), "bad_field:park_id");
}

TEST_F(QuarantineHttpTest, AnEntryThatIsMendedIsReleased) {
    const std::string id = put_bad_rule_aside();
    api_.jobs.put("work_rules", R"("_id": "bad", "park_id": "park")");
    EXPECT_EQ(retry(id).text, R"({"id":)" + id + R"(,"outcome":"released","entry":null})");
    EXPECT_NE(api_.jobs.child_id("work_rules", "bad"), "");
    EXPECT_EQ(retry(id).outcome(), "404 entry_not_found");
}

TEST(QuarantineHttp, AnEntryWhoseJobRunsIs409) {
    testing::ApiOverFakes api({.retry_lease_wait = 20ms});
    api.jobs.world.atomically([](testing::FakeWorld::Data& data) {
        data.quarantine[1] = {1, "work_rules", "vezet", {"rule", "park", "too_large"}, {}, {}};
    });
    const Lease held = api.jobs.take_lease("work_rules");
    const auto answer = api.post("/v1/quarantine/1/retry", "");
    EXPECT_EQ(answer.outcome(), "409 job_is_running");
    // Whose run it is is not known.
    EXPECT_EQ(answer.detail("run_id"), "none");
    api.jobs.leases.release(held);
    EXPECT_EQ(api.post("/v1/quarantine/1/retry", "").status, 200);
}

TEST_F(QuarantineHttpTest, AnEntryThatDoesNotExistOrIsOfNoEntityIs404) {
    put_entry({5, "planes", "vezet", {"a", "park", "too_large"}, {}, {}});
    EXPECT_EQ(retry("5").outcome(), "404 entry_not_found");
    EXPECT_EQ(retry("6").outcome(), "404 entry_not_found");
}

TEST_F(QuarantineHttpTest, ARetryTakesANumberAndNoBodyOrAnEmptyOne) {
    for (const auto* id : {"one", "0", "-1", "1x", "9223372036854775808"}) {
        EXPECT_EQ(retry(id).bad_field(), "400 id") << id;
    }
    const std::string id = put_bad_rule_aside();
    EXPECT_EQ(api_.ask({.method = "POST", .target = "/v1/quarantine/" + id + "/retry"}).status, 200);
    EXPECT_EQ(retry(id, "{}").status, 200);
    EXPECT_EQ(retry(id, R"({"force": true})").bad_field(), "400 force");
    EXPECT_EQ(retry(id, "x").bad_field(), "400 ");
    EXPECT_EQ(api_.post("/v1/quarantine/" + id + "/retry?force=1", "").bad_field(), "400 force");
}

TEST_F(QuarantineHttpTest, Is503WhileAStoreIsAwayAnd500OfAMistake) {
    const std::string id = put_bad_rule_aside();
    api_.fail_calls("quarantine.list", testing::store_is_away());
    EXPECT_EQ(list().outcome(), "503 unavailable");
    EXPECT_EQ(list().headers.at("retry-after"), "1");
    EXPECT_EQ(retry(id).outcome(), "503 unavailable");
    api_.fail_calls("work_rules.", testing::store_is_away());
    EXPECT_EQ(retry(id).outcome(), "503 unavailable");
    api_.fail_calls("quarantine.list", testing::mistake());
    EXPECT_EQ(list().outcome(), "500 internal");
}

}  // namespace
}  // namespace twinfleet::mirroring
