#include "capabilities/mirroring/api/jobs_http.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "capabilities/mirroring/testing/api_over_fakes.hpp"
#include "platform/json/to_text.hpp"

namespace twinfleet::mirroring {
namespace {

using namespace std::chrono_literals;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class JobsHttpTest : public ::testing::Test {
protected:
    testing::ApiAnswer launch(const std::string& job, const std::string& body = "{}") const {
        return api_.post("/v1/jobs/" + job + "/runs", body);
    }
    /// What the record of the run says was asked for.
    std::string options_of(const std::string& body) { return api_.run("cars", body).options; }
    /// `count` texts as a JSON array.
    static std::string array_of(std::size_t count) {
        std::string texts;
        for (std::size_t i = 0; i < count; ++i) {
            texts += (i == 0 ? "\"a" : ",\"a") + std::to_string(i) + "\"";
        }
        return "[" + texts + "]";
    }

    testing::ApiOverFakes api_;
};

TEST_F(JobsHttpTest, TellOfEveryEntityThatTheyMirror) {
    api_.overview.job_states = {
        {.job = "groups",
         .family = "vezet",
         .lease = LeaseState{"host a", Time(10s), Time(25s)},
         .cursor = CursorState{Time(900s), Time(950s)}},
        {.job = "users", .family = "vezet", .lease = LeaseState{"host b", Time(11s), Time(26s)}}};
    const auto jobs = api_.get("/v1/jobs");
    EXPECT_EQ(jobs.status, 200);
    EXPECT_EQ(jobs.in_each_item("job"), "parks work_rules cars drivers users");
    EXPECT_EQ(jobs.in_each_item("family"), "vezet vezet vezet vezet vezet");
    EXPECT_EQ(json::to_text(jobs.item(4).at("entities")),
              R"([{"entity":"groups",)"
              R"("schedule":{"incremental_interval_ms":7000,"full_interval_s":3600,"jitter_share":0.1},)"
              R"("lease":{"holder":"host a","acquired_at":"1970-01-01T00:00:10.000Z",)"
              R"("expires_at":"1970-01-01T00:00:25.000Z"},)"
              R"("cursor":{"source_time":"1970-01-01T00:15:00.000Z","moved_at":"1970-01-01T00:15:50.000Z",)"
              R"("age_s":100,"caught_up_at":null}},)"
              R"({"entity":"users",)"
              R"("schedule":{"incremental_interval_ms":8000,"full_interval_s":60,"jitter_share":0.25},)"
              R"("lease":{"holder":"host b","acquired_at":"1970-01-01T00:00:11.000Z",)"
              R"("expires_at":"1970-01-01T00:00:26.000Z"},"cursor":null}])");
}

TEST_F(JobsHttpTest, OfWhichNothingIsKnownHaveTheUsualScheduleAndNulls) {
    const auto jobs = api_.get("/v1/jobs");
    EXPECT_EQ(json::to_text(jobs.item(0)),
              R"({"job":"parks","family":"vezet","entities":[{"entity":"parks",)"
              R"("schedule":{"incremental_interval_ms":300,"full_interval_s":3600,"jitter_share":0.1},)"
              R"("lease":null,"cursor":null}],"last_run":null})");
}

TEST_F(JobsHttpTest, TellWhenAPassLastCameToItsEndAndNoAgeBelowZero) {
    api_.overview.job_states = {
        {.job = "cars", .family = "vezet", .cursor = CursorState{Time(1'001s), Time(1'002s), Time(990s)}}};
    const auto jobs = api_.get("/v1/jobs");
    const auto& cursor = jobs.item(2).at("entities").at(0).at("cursor");
    EXPECT_EQ(json::to_text(cursor.at("age_s")), "0");
    EXPECT_EQ(cursor.at("caught_up_at"), "1970-01-01T00:16:30.000Z");
}

TEST_F(JobsHttpTest, ShowTheirLastRun) {
    ASSERT_EQ(api_.run("parks").state, RunState::done);
    ASSERT_EQ(api_.run("parks", "{}").state, RunState::done);
    const auto jobs = api_.get("/v1/jobs");
    EXPECT_EQ(jobs.item(0).at("last_run").at("run_id"), 2);
    EXPECT_EQ(jobs.item(0).at("last_run").at("state"), "done");
    EXPECT_TRUE(jobs.item(1).at("last_run").is_null());
}

TEST(JobsHttp, StandInEveryFamily) {
    const testing::ApiOverFakes api({.families = {{"vezet"}, {"another"}}});
    const auto jobs = api.get("/v1/jobs");
    EXPECT_EQ(jobs.in_each_item("job"), "parks parks work_rules work_rules cars cars drivers drivers users users");
    EXPECT_EQ(jobs.in_each_item("family"), "vezet another vezet another vezet another vezet another vezet another");
}

TEST_F(JobsHttpTest, TakeNoQuery) {
    EXPECT_EQ(api_.get("/v1/jobs?limit=1").bad_field(), "400 limit");
    EXPECT_EQ(api_.post("/v1/jobs/cars/runs?full=true", "{}").bad_field(), "400 full");
}

TEST_F(JobsHttpTest, Are503WhileTheStoreIsAwayAnd500OfAMistake) {
    api_.overview.failure = testing::store_is_away();
    const auto away = api_.get("/v1/jobs");
    EXPECT_EQ(away.outcome(), "503 unavailable");
    EXPECT_EQ(away.headers.at("retry-after"), "1");
    api_.overview.failure = testing::mistake();
    EXPECT_EQ(api_.get("/v1/jobs").outcome(), "500 internal");
}

TEST_F(JobsHttpTest, AreLaunchedAndTellWhereTheRunIs) {
    const auto launched = launch("parks", R"({"full": true, "verify_children": true, "cities": ["Chicago"]})");
    EXPECT_EQ(launched.status, 202);
    EXPECT_EQ(launched.text, R"({"run_id":1})");
    EXPECT_EQ(launched.headers.at("location"), "/v1/runs/1");
    const RunRecord run = api_.jobs.runs.await_end(1);
    EXPECT_EQ(run.state, RunState::done);
    EXPECT_EQ(run.report.mode, Mode::full);
    EXPECT_EQ(run.report.counts.created, 1U);
    EXPECT_EQ(run.options, "--family vezet --city Chicago --full --verify-children");
}

TEST_F(JobsHttpTest, KeepTheirOptionsAsAPersonWouldTypeThem) {
    EXPECT_EQ(options_of("{}"), "--family vezet");
    EXPECT_EQ(options_of(R"({"family": "vezet", "cities": [], "parks": null, "full": null, "dry_run": false})"),
              "--family vezet");
    EXPECT_EQ(options_of(R"({"cities": ["New York", "Ижевск"], "parks": ["p-1", "p\"2"]})"),
              R"(--family vezet --city "New York" --city "Ижевск" --park p-1 --park "p\"2")");
    EXPECT_EQ(options_of(R"({"full": true, "verify_children": true, "create_missing": true, "dry_run": true})"),
              "--family vezet --full --verify-children --create-missing --dry-run");
}

TEST_F(JobsHttpTest, RunAsTheOptionsSay) {
    api_.jobs.put("parks", R"("_id": "second", "login": "second", "city_id": "Boston", "is_active": true)");
    EXPECT_EQ(api_.run("parks", R"({"dry_run": true})").report.counts.created, 2U);
    EXPECT_THAT(api_.jobs.world.links("parks"), IsEmpty());
    EXPECT_EQ(api_.run("parks", R"({"cities": ["Boston"], "full": true})").report.counts.created, 1U);
    EXPECT_NE(api_.jobs.child_id("parks", "second"), "");
    EXPECT_EQ(api_.jobs.child_id("parks", "park"), "");
    EXPECT_EQ(api_.run("parks", R"({"parks": ["park"], "full": true})").report.counts.created, 1U);
    EXPECT_NE(api_.jobs.child_id("parks", "park"), "");
}

TEST_F(JobsHttpTest, NameTheOptionThatIsWrong) {
    for (const auto& [body, field] : {std::pair<std::string, std::string>(R"({"full": "yes"})", "full"),
                                      {R"({"verify_children": true})", "verify_children"},
                                      {R"({"verify_children": true, "full": false})", "verify_children"},
                                      {R"({"create_missing": 1})", "create_missing"},
                                      {R"({"dry_run": "true"})", "dry_run"},
                                      {R"({"family": "other"})", "family"},
                                      {R"({"family": ""})", "family"},
                                      {R"({"family": 7})", "family"},
                                      {R"({"parks": ["p", 1]})", "parks[1]"},
                                      {R"({"parks": [""]})", "parks[0]"},
                                      {R"({"parks": )" + array_of(1'001) + "}", "parks"},
                                      {R"({"cities": "Chicago"})", "cities"},
                                      {R"({"cities": )" + array_of(101) + "}", "cities"},
                                      {R"({"speed": 1})", "speed"},
                                      {"[]", ""},
                                      {"", ""}}) {
        const auto answer = launch("cars", body);
        EXPECT_EQ(answer.outcome(), "400 bad_request") << body;
        EXPECT_EQ(answer.detail("field"), field) << body;
    }
    EXPECT_THAT(api_.jobs.runs.list({}), IsEmpty());
}

TEST_F(JobsHttpTest, TakeAHundredCitiesAndAThousandParks) {
    EXPECT_EQ(launch("cars", R"({"cities": )" + array_of(100) + R"(, "parks": )" + array_of(1'000) + "}").status, 202);
}

TEST(JobsHttp, AskForAFamilyWhereThereAreSeveral) {
    testing::ApiOverFakes api({.families = {{"vezet"}, {"another"}}});
    const auto answer = api.post("/v1/jobs/cars/runs", "{}");
    EXPECT_EQ(answer.bad_field(), "400 family");
    EXPECT_THAT(api.jobs.runs.list({}), IsEmpty());
    EXPECT_EQ(api.run("parks", R"({"family": "another", "full": true})").report.family, "another");
}

TEST_F(JobsHttpTest, ThatDoNotExistAre404) {
    EXPECT_EQ(launch("planes").outcome(), "404 job_not_found");
    // Groups are mirrored by the job of the users.
    EXPECT_EQ(launch("groups").outcome(), "404 job_not_found");
}

TEST_F(JobsHttpTest, OfUsersAreLeftOutWithoutAccessControl) {
    api_.jobs.stores.erase("users");
    EXPECT_EQ(launch("users").outcome(), "409 access_control_not_configured");
}

TEST_F(JobsHttpTest, ThatRunAlreadyAre409AndNameTheRun) {
    const Lease held = api_.jobs.take_lease("parks");
    const std::string id = launch("parks").at("run_id");
    const auto second = launch("parks");
    EXPECT_EQ(second.outcome(), "409 job_is_running");
    EXPECT_EQ(second.detail("run_id"), id);
    // A dry run is in nobody's way.
    EXPECT_EQ(api_.run("parks", R"({"dry_run": true})").state, RunState::done);
}

TEST_F(JobsHttpTest, Are503WhenTooManyRun) {
    const Lease of_parks = api_.jobs.take_lease("parks");
    const Lease of_rules = api_.jobs.take_lease("work_rules");
    EXPECT_EQ(launch("parks").status, 202);
    EXPECT_EQ(launch("work_rules").status, 202);
    const auto third = launch("cars");
    EXPECT_EQ(third.outcome(), "503 overloaded");
    EXPECT_EQ(third.headers.at("retry-after"), "1");
}

}  // namespace
}  // namespace twinfleet::mirroring
