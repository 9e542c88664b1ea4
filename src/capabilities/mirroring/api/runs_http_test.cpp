#include "capabilities/mirroring/api/runs_http.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "capabilities/mirroring/testing/api_over_fakes.hpp"

namespace twinfleet::mirroring {
namespace {

using ::testing::SizeIs;

class RunsHttpTest : public ::testing::Test {
protected:
    testing::ApiAnswer look(const std::string& id) const { return api_.get("/v1/runs/" + id); }
    testing::ApiAnswer cancel(const std::string& id, const std::string& body = "{}") const {
        return api_.post("/v1/runs/" + id + "/cancel", body);
    }
    /// One that runs, of nobody who does anything.
    std::int64_t begin(const std::string& job, const std::string& family = "vezet") {
        RunReport report;
        report.job = job;
        report.family = family;
        return api_.jobs.runs.begin(report, "--family " + family);
    }

    testing::ApiOverFakes api_;
};

TEST_F(RunsHttpTest, ThatHaveEndedTellWhatTheyDid) {
    const std::int64_t id = begin("cars");
    EXPECT_TRUE(api_.jobs.runs.start(id, 40));
    RunReport report;
    report.job = "cars";
    report.family = "vezet";
    report.mode = Mode::full;
    report.counts = {.read = 12,
                     .created = 2,
                     .created_with = {{"cars", 10}},
                     .updated = 3,
                     .unchanged = 4,
                     .skipped = 5,
                     .retired = 6,
                     .quarantined = 7,
                     .dangling_references = 8,
                     .retirements_held_back = 9};
    report.duration_seconds = 1.5;
    report.cpu_seconds = 0.25;
    report.lag_seconds = 2;
    api_.jobs.runs.finish(id, RunState::done, report, "");
    const auto run = look("1");
    EXPECT_EQ(run.status, 200);
    EXPECT_EQ(
        run.text,
        R"({"run_id":1,"state":"done","job":"cars","family":"vezet","mode":"full","dry_run":false,)"
        R"("options":"--family vezet","read":12,"expected":40,"created":2,"created_with":{"cars":10,"work_rules":0},)"
        R"("updated":3,"unchanged":4,"skipped":5,)"
        R"("retired":6,"retirements_held_back":9,"quarantined":7,"dangling_references":8,"duration_s":1.5,)"
        R"("docs_per_s":8,"cpu_s":0.25,"lag_s":2,"started_at":"1970-01-01T00:00:00.000Z",)"
        R"("finished_at":"1970-01-01T00:00:00.000Z","cancel_requested":false,"error":null})");
}

TEST_F(RunsHttpTest, ThatGoOnTellHowFarTheyAre) {
    const std::int64_t id = begin("cars");
    EXPECT_FALSE(api_.jobs.runs.progress(id, {.read = 500}));
    const auto run = look("1");
    EXPECT_EQ(run.at("state"), "running");
    EXPECT_EQ(run.at("read"), "500");
    EXPECT_EQ(run.at("expected"), "null");
    // Since 1970, when it began; the clock says 1000 s.
    EXPECT_EQ(run.at("duration_s"), "1000");
    EXPECT_EQ(run.at("docs_per_s"), "0.5");
    EXPECT_EQ(run.at("finished_at"), "null");
}

TEST_F(RunsHttpTest, ThatFailedTellWhy) {
    const std::int64_t id = begin("cars");
    api_.jobs.runs.finish(id, RunState::failed, {}, "the lease was lost");
    EXPECT_EQ(look("1").at("state"), "failed");
    EXPECT_EQ(look("1").at("error"), "the lease was lost");
    EXPECT_EQ(look("1").at("docs_per_s"), "0");
}

TEST_F(RunsHttpTest, AreWhatTheJobLaunched) {
    const RunRecord ended = api_.run("parks", R"({"full": true, "verify_children": true})");
    const auto run = look(std::to_string(ended.id));
    EXPECT_EQ(run.at("state"), "done");
    EXPECT_EQ(run.at("created"), "1");
    EXPECT_EQ(run.at("mode"), "full");
    EXPECT_EQ(run.at("options"), "--family vezet --full --verify-children");
}

TEST_F(RunsHttpTest, ThatWaitTellSoAndAreCancelled) {
    const Lease held = api_.jobs.take_lease("parks");
    const std::string id = api_.post("/v1/jobs/parks/runs", "{}").at("run_id");
    EXPECT_EQ(look(id).at("state"), "waiting");
    EXPECT_EQ(look(id).at("duration_s"), "0");
    const auto cancelled = cancel(id);
    EXPECT_EQ(cancelled.status, 202);
    EXPECT_EQ(cancelled.at("run_id"), id);
    EXPECT_EQ(cancelled.at("cancel_requested"), "true");
    EXPECT_EQ(look(id).at("state"), "interrupted");
    EXPECT_EQ(cancel(id).outcome(), "409 run_has_ended");
}

TEST_F(RunsHttpTest, ThatGoOnAreCancelledAsSoonAsTheyLook) {
    const std::int64_t id = begin("cars");
    const auto cancelled = cancel("1");
    EXPECT_EQ(cancelled.status, 202);
    EXPECT_EQ(cancelled.at("state"), "running");
    EXPECT_EQ(cancelled.at("cancel_requested"), "true");
    EXPECT_TRUE(api_.jobs.runs.progress(id, {}));
    EXPECT_EQ(cancel("1").status, 202) << "asked for twice it is the same";
}

TEST_F(RunsHttpTest, AreCancelledWithoutABodyOrWithAnEmptyObject) {
    static_cast<void>(begin("cars"));
    EXPECT_EQ(api_.ask({.method = "POST", .target = "/v1/runs/1/cancel"}).status, 202);
    EXPECT_EQ(cancel("1", "").status, 202);
    EXPECT_EQ(cancel("1", "{}").status, 202);
    EXPECT_EQ(cancel("1", R"({"why": "so"})").bad_field(), "400 why");
    EXPECT_EQ(cancel("1", "[]").bad_field(), "400 ");
    EXPECT_EQ(api_.post("/v1/runs/1/cancel?now=true", "{}").bad_field(), "400 now");
}

TEST_F(RunsHttpTest, ThatDoNotExistAre404) {
    EXPECT_EQ(look("77").outcome(), "404 run_not_found");
    EXPECT_EQ(cancel("77").outcome(), "404 run_not_found");
    EXPECT_EQ(look("9223372036854775807").outcome(), "404 run_not_found");
}

TEST_F(RunsHttpTest, HaveNumbersFromOne) {
    for (const auto* id : {"0", "-1", "1x", "x", "1.0", "%201", "9223372036854775808", "99999999999999999999"}) {
        EXPECT_EQ(look(id).bad_field(), "400 id") << id;
        EXPECT_EQ(cancel(id).bad_field(), "400 id") << id;
    }
    EXPECT_EQ(look("1?verbose=true").bad_field(), "400 verbose");
}

TEST_F(RunsHttpTest, ComeInPagesNewestFirst) {
    for (int i = 0; i < 5; ++i) {
        static_cast<void>(begin("parks"));
    }
    const auto first = api_.get("/v1/runs?limit=2");
    EXPECT_EQ(first.status, 200);
    EXPECT_EQ(first.in_each_item("run_id"), "5 4");
    EXPECT_EQ(first.at("next_cursor"), "4");
    const auto second = api_.get("/v1/runs?limit=2&cursor=4");
    EXPECT_EQ(second.in_each_item("run_id"), "3 2");
    EXPECT_EQ(second.at("next_cursor"), "2");
    const auto third = api_.get("/v1/runs?cursor=2&limit=2");
    EXPECT_EQ(third.in_each_item("run_id"), "1");
    EXPECT_EQ(third.at("next_cursor"), "null");
    const auto whole = api_.get("/v1/runs?limit=5");
    EXPECT_EQ(whole.in_each_item("run_id"), "5 4 3 2 1");
    EXPECT_EQ(whole.at("next_cursor"), "null");
    EXPECT_EQ(api_.get("/v1/runs?cursor=1").text, R"({"items":[],"next_cursor":null})");
}

TEST_F(RunsHttpTest, ComeAHundredToAPageUnlessMoreAreAskedFor) {
    for (int i = 0; i < 101; ++i) {
        static_cast<void>(begin("parks"));
    }
    const auto usual = api_.get("/v1/runs");
    EXPECT_THAT(usual.items(), SizeIs(100));
    EXPECT_EQ(usual.at("next_cursor"), "2");
    EXPECT_THAT(api_.get("/v1/runs?limit=1000").items(), SizeIs(101));
}

TEST_F(RunsHttpTest, AreFilteredByJobAndFamily) {
    static_cast<void>(begin("parks"));
    static_cast<void>(begin("cars"));
    static_cast<void>(begin("cars", "another"));
    EXPECT_EQ(api_.get("/v1/runs?job=cars").in_each_item("run_id"), "3 2");
    EXPECT_EQ(api_.get("/v1/runs?family=vezet").in_each_item("run_id"), "2 1");
    EXPECT_EQ(api_.get("/v1/runs?family=another&job=cars").in_each_item("run_id"), "3");
    EXPECT_EQ(api_.get("/v1/runs?job=nothing").in_each_item("run_id"), "");
    EXPECT_EQ(api_.get("/v1/runs?job=cars&limit=1").at("next_cursor"), "3");
}

TEST_F(RunsHttpTest, NameWhatIsWrongInTheQuery) {
    for (const auto& [query, field] : {std::pair("limit=0", "limit"),
                                       {"limit=1001", "limit"},
                                       {"limit=x", "limit"},
                                       {"limit=", "limit"},
                                       {"limit=-1", "limit"},
                                       {"cursor=-1", "cursor"},
                                       {"cursor=0", "cursor"},
                                       {"cursor=1x", "cursor"},
                                       {"cursor=", "cursor"},
                                       {"jobs=cars", "jobs"},
                                       {"job=a&job=b", "job"},
                                       {"job=", "job"},
                                       {"family=", "family"},
                                       {"job=%00", "job"}}) {
        const auto answer = api_.get(std::string("/v1/runs?") + query);
        EXPECT_EQ(answer.outcome(), "400 bad_request") << query;
        EXPECT_EQ(answer.detail("field"), field) << query;
    }
}

}  // namespace
}  // namespace twinfleet::mirroring
