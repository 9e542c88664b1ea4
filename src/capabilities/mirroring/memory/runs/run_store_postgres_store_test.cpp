#include <gtest/gtest.h>

#include "capabilities/mirroring/memory/runs/run_store_postgres.hpp"
#include "capabilities/mirroring/testing/fresh_stores_postgres.hpp"

namespace twinfleet::mirroring {
namespace {

class PostgresRuns : public ::testing::Test {
protected:
    static RunReport report(const std::string& job, const std::string& family = "vezet") {
        RunReport report;
        report.job = job;
        report.family = family;
        return report;
    }
    static RunCounts counts() {
        return {.read = 1,
                .created = 2,
                .created_with = {{"cars", 10}, {"groups", 11}},
                .updated = 3,
                .unchanged = 4,
                .skipped = 5,
                .retired = 6,
                .quarantined = 7,
                .dangling_references = 8,
                .retirements_held_back = 9};
    }
    std::vector<std::int64_t> ids(const std::string& job, std::size_t limit = 100) {
        std::vector<std::int64_t> found;
        for (const RunRecord& record : runs_.list({.job = job, .limit = limit})) {
            found.push_back(record.id);
        }
        return found;
    }

    FreshPostgresStores stores_;
    PostgresRunStore& runs_ = stores_.runs;
};

TEST_F(PostgresRuns, ARunBeginsRunning) {
    RunReport begun = report("cars");
    begun.mode = Mode::full;
    begun.dry_run = true;
    const Time before = stores_.links.now();
    const auto id = runs_.begin(begun, "--full --park 'O\\'Brien'");
    const RunRecord record = runs_.find(id).value();
    EXPECT_EQ(record.id, id);
    EXPECT_EQ(record.state, RunState::running);
    EXPECT_EQ(record.report.job, "cars");
    EXPECT_EQ(record.report.family, "vezet");
    EXPECT_EQ(record.report.mode, Mode::full);
    EXPECT_TRUE(record.report.dry_run);
    EXPECT_EQ(record.report.counts, RunCounts{});
    EXPECT_EQ(record.options, "--full --park 'O\\'Brien'");
    EXPECT_EQ(record.error, "");
    EXPECT_GE(record.started_at, before);
    EXPECT_FALSE(record.finished_at.has_value());
    EXPECT_EQ(runs_.find(id + 1), std::nullopt);
}

TEST_F(PostgresRuns, ProgressIsSeenWhileItRuns) {
    const auto id = runs_.begin(report("cars"), "");
    runs_.progress(id, counts());
    const RunRecord record = runs_.find(id).value();
    EXPECT_EQ(record.report.counts, counts());
    EXPECT_EQ(record.state, RunState::running);
}

TEST_F(PostgresRuns, AFinishedRunKeepsItsReport) {
    const auto id = runs_.begin(report("cars"), "");
    RunReport done = report("cars");
    done.mode = Mode::full;
    done.counts = counts();
    done.duration_seconds = 0.1;
    done.cpu_seconds = 1e-9;
    done.lag_seconds = 123456.789012;
    for (const RunState state : {RunState::done, RunState::failed, RunState::interrupted}) {
        runs_.finish(id, state, done, "MongoDB cannot be reached");
        const RunRecord record = runs_.find(id).value();
        EXPECT_EQ(record.state, state);
        EXPECT_EQ(record.report.counts, counts());
        EXPECT_EQ(record.report.mode, Mode::full);
        EXPECT_EQ(record.report.duration_seconds, 0.1);
        EXPECT_EQ(record.report.cpu_seconds, 1e-9);
        EXPECT_EQ(record.report.lag_seconds, 123456.789012);
        EXPECT_EQ(record.error, "MongoDB cannot be reached");
        EXPECT_GE(record.finished_at.value(), record.started_at);
    }
}

TEST_F(PostgresRuns, AreListedNewestFirst) {
    const auto first = runs_.begin(report("cars"), "");
    const auto second = runs_.begin(report("drivers"), "");
    const auto third = runs_.begin(report("cars"), "");
    EXPECT_EQ(ids(""), (std::vector{third, second, first}));
    EXPECT_EQ(ids("cars"), (std::vector{third, first}));
    EXPECT_EQ(ids("cars", 1), (std::vector{third}));
    EXPECT_TRUE(ids("parks").empty());
}

TEST_F(PostgresRuns, PruningKeepsTheNewestOfEachJobAndFamily) {
    const auto other = runs_.begin(report("cars", "other"), "");
    const auto drivers = runs_.begin(report("drivers"), "");
    std::vector<std::int64_t> cars;
    for (int i = 0; i < 4; ++i) {
        cars.push_back(runs_.begin(report("cars"), ""));
    }
    EXPECT_EQ(runs_.prune(2), 2U);
    EXPECT_EQ(ids(""), (std::vector{cars[3], cars[2], drivers, other}));
    EXPECT_EQ(runs_.prune(2), 0U);
    // Without effect and without complaint.
    runs_.progress(cars[0], counts());
    runs_.finish(cars[0], RunState::done, report("cars"), "");
    EXPECT_FALSE(runs_.find(cars[0]).has_value());
}

TEST_F(PostgresRuns, OneRunOfAJobWaitsAtATime) {
    const auto first = runs_.announce(report("cars"), "--full");
    EXPECT_TRUE(first.is_new);
    EXPECT_EQ(runs_.find(first.id)->state, RunState::waiting);
    const auto second = runs_.announce(report("cars"), "");
    EXPECT_FALSE(second.is_new);
    EXPECT_EQ(second.id, first.id);
    EXPECT_TRUE(runs_.announce(report("parks"), "").is_new);
    EXPECT_TRUE(runs_.announce(report("cars", "other"), "").is_new);

    EXPECT_TRUE(runs_.start(first.id, 70));
    EXPECT_EQ(runs_.find(first.id)->expected, 70U);
    EXPECT_FALSE(runs_.announce(report("cars"), "").is_new) << "it runs";
    runs_.finish(first.id, RunState::done, report("cars"), "");
    EXPECT_TRUE(runs_.announce(report("cars"), "").is_new);
}

TEST_F(PostgresRuns, ARunThatRunsLearnsThatItIsCancelled) {
    const auto id = runs_.begin(report("cars"), "");
    EXPECT_FALSE(runs_.progress(id, counts()));
    EXPECT_TRUE(runs_.keep_alive({id}).empty());
    EXPECT_EQ(runs_.request_cancel(id), RunStore::Cancel::requested);
    EXPECT_EQ(runs_.find(id)->state, RunState::running);
    EXPECT_TRUE(runs_.find(id)->is_cancel_requested);
    EXPECT_TRUE(runs_.progress(id, counts()));
    EXPECT_EQ(runs_.keep_alive({id}), std::vector{id});
    runs_.finish(id, RunState::interrupted, report("cars"), "");
    EXPECT_EQ(runs_.request_cancel(id), RunStore::Cancel::has_ended);
    EXPECT_EQ(runs_.request_cancel(id + 1), RunStore::Cancel::not_found);
}

TEST_F(PostgresRuns, ARunThatWaitsIsInterruptedAtOnce) {
    const auto id = runs_.announce(report("cars"), "").id;
    EXPECT_EQ(runs_.request_cancel(id), RunStore::Cancel::requested);
    EXPECT_EQ(runs_.find(id)->state, RunState::interrupted);
    EXPECT_FALSE(runs_.start(id, 0));
    EXPECT_EQ(runs_.keep_alive({id}), std::vector{id});
}

TEST_F(PostgresRuns, ARunThatFellSilentIsInterrupted) {
    const auto silent = runs_.begin(report("cars"), "");
    const auto alive = runs_.begin(report("cars"), "");
    stores_.pool.transact([&](postgres::Transaction& transaction) {
        transaction.execute("UPDATE fleet_sync.job_runs SET heartbeat_at = now() - interval '1 hour' WHERE id = $1",
                            silent);
    });
    EXPECT_EQ(runs_.end_dead(), 1U);
    EXPECT_EQ(runs_.find(silent)->state, RunState::interrupted);
    EXPECT_EQ(runs_.find(alive)->state, RunState::running);
}

TEST_F(PostgresRuns, AreReadInPages) {
    const auto first = runs_.begin(report("cars"), "");
    const auto second = runs_.begin(report("cars"), "");
    static_cast<void>(runs_.begin(report("parks"), ""));
    const auto page = runs_.list({.job = "cars", .before_id = second, .limit = 10});
    ASSERT_EQ(page.size(), 1U);
    EXPECT_EQ(page[0].id, first);
    const auto latest = runs_.latest({{"cars", "vezet"}, {"drivers", "vezet"}});
    ASSERT_EQ(latest.size(), 1U);
    EXPECT_EQ(latest[0].id, second);
}

}  // namespace
}  // namespace twinfleet::mirroring
