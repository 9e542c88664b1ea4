// Runs that somebody asks for while the process serves, over stores in memory.
#include "capabilities/mirroring/jobs/run_launcher.hpp"

#include <future>
#include <mutex>
#include <optional>
#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "capabilities/mirroring/entities/entity_table.hpp"
#include "capabilities/mirroring/testing/jobs_over_fakes.hpp"
#include "platform/errors/store_error.hpp"

namespace twinfleet::mirroring {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class RunLauncherTest : public ::testing::Test {
protected:
    RunLauncherTest() {
        jobs_.put("parks", R"("_id": "park", "login": "park", "city_id": "Chicago", "is_active": true)");
        jobs_.put("work_rules", R"("_id": "rule", "park_id": "park")");
        jobs_.put("groups", R"("_id": "group", "park_id": "park", "name": "Office", "grants": ["cars_edit"])");
        jobs_.put("users", R"("_id": "user", "park_id": "park", "login": "anna", "group_id": "group")");
    }

    RunLauncher& launcher(std::chrono::milliseconds lease_wait = 10s, std::size_t runs_max = 4) {
        launcher_.emplace(
            jobs_.runner, jobs_.dependencies, jobs_.wishes,
            RunLauncherSettings{
                .lease = {.holder = "us"}, .lease_wait = lease_wait, .retry_lease_wait = 20ms, .runs_max = runs_max},
            stop_.get_token());
        return *launcher_;
    }
    JobRequest request(std::string_view job, Mode mode = Mode::full) const {
        JobRequest request;
        request.entity = &entity(job);
        request.family = jobs_.family;
        request.mode = mode;
        request.options = "--full";
        return request;
    }
    std::int64_t launch(const JobRequest& asked) {
        const auto outcome = launcher_->launch(asked);
        EXPECT_TRUE(std::holds_alternative<std::int64_t>(outcome)) << outcome.index();
        return std::get<std::int64_t>(outcome);
    }
    RunRecord run(const JobRequest& asked) { return jobs_.runs.await_end(launch(asked)); }

    testing::JobsOverFakes jobs_;
    std::stop_source stop_;
    std::optional<RunLauncher> launcher_;
};

TEST_F(RunLauncherTest, ARunIsRecordedWithWhatItDid) {
    launcher();
    const RunRecord parks = run(request("parks"));
    EXPECT_EQ(parks.state, RunState::done);
    EXPECT_EQ(parks.report.job, "parks");
    EXPECT_EQ(parks.report.family, "vezet");
    EXPECT_EQ(parks.report.mode, Mode::full);
    EXPECT_EQ(parks.report.counts.created, 1U);
    EXPECT_EQ(parks.options, "--full");
    EXPECT_EQ(parks.expected, 1U) << "for a progress bar";
    EXPECT_TRUE(jobs_.wishes.none_stands());
    EXPECT_NE(jobs_.child_id("parks", "park"), "");
}

TEST_F(RunLauncherTest, AJobOfSeveralEntitiesRunsThemInTheOrderOfTheirReferences) {
    launcher();
    ASSERT_EQ(run(request("parks")).state, RunState::done);
    const RunRecord users = run(request("users"));
    EXPECT_EQ(users.state, RunState::done);
    EXPECT_EQ(users.report.job, "users");
    EXPECT_THAT(jobs_.wishes.jobs(), ElementsAre("parks", "groups", "users"));
    const auto child = jobs_.world.document("users", testing::id_key(jobs_.child_id("users", "user")));
    ASSERT_TRUE(child && child->view().find("group_id"));
    EXPECT_EQ(child->view().find("group_id")->string(), jobs_.child_id("groups", "group"));
    EXPECT_THAT(jobs_.runs.list({.job = "users"}), SizeIs(1));
}

TEST_F(RunLauncherTest, ARunThatDoesNotGetItsLeaseInTimeHasFailed) {
    launcher(20ms);
    const Lease held = jobs_.take_lease("parks");
    const RunRecord parks = run(request("parks"));
    EXPECT_EQ(parks.state, RunState::failed);
    EXPECT_EQ(parks.error, "another process held the lease of the job");
    EXPECT_TRUE(jobs_.wishes.none_stands()) << "the periodic passes may go on";
    EXPECT_EQ(jobs_.child_id("parks", "park"), "");

    const Lease of_groups = jobs_.take_lease("groups");
    const RunRecord users = run(request("users"));
    EXPECT_EQ(users.state, RunState::failed);
    EXPECT_EQ(users.error, "another process held the lease of the job");
    EXPECT_THAT(jobs_.wishes.jobs(), ElementsAre("parks", "groups")) << "users come behind their groups, or not at all";
}

TEST_F(RunLauncherTest, ARunThatWaitsBeginsWhenTheLeaseIsGivenBack) {
    launcher();
    const Lease held = jobs_.take_lease("parks");
    const std::int64_t id = launch(request("parks"));
    EXPECT_EQ(jobs_.runs.find(id)->state, RunState::waiting);
    jobs_.leases.release(held);
    EXPECT_EQ(jobs_.runs.await_end(id).state, RunState::done);
}

TEST_F(RunLauncherTest, WhoAsksForAJobThatRunsIsToldOfThatRun) {
    launcher();
    const Lease held = jobs_.take_lease("parks");
    const std::int64_t id = launch(request("parks"));
    const auto second = launcher_->launch(request("parks"));
    ASSERT_TRUE(std::holds_alternative<RunLauncher::JobIsRunning>(second));
    EXPECT_EQ(std::get<RunLauncher::JobIsRunning>(second).run_id, id);

    JobRequest dry = request("parks");
    dry.dry_run = true;
    const RunRecord foretold = run(dry);
    EXPECT_EQ(foretold.state, RunState::done) << "a dry run is in nobody's way";
    EXPECT_EQ(foretold.report.counts.created, 1U);
    EXPECT_EQ(jobs_.child_id("parks", "park"), "");
}

TEST_F(RunLauncherTest, MoreRunsThanThereIsRoomForAreNotTaken) {
    launcher(10s, 1);
    const Lease held = jobs_.take_lease("parks");
    launch(request("parks"));
    EXPECT_TRUE(std::holds_alternative<RunLauncher::TooManyRuns>(launcher_->launch(request("work_rules"))));
    EXPECT_THAT(jobs_.runs.list({.job = "work_rules"}), IsEmpty());
}

TEST_F(RunLauncherTest, ARunThatWaitsIsCancelledByItsRecord) {
    launcher(20s);
    const Lease held = jobs_.take_lease("parks");
    const std::int64_t id = launch(request("parks"));
    EXPECT_EQ(jobs_.runs.request_cancel(id), RunStore::Cancel::requested);
    jobs_.leases.release(held);
    // It may get the lease before it hears that it is cancelled: it does nothing with it.
    launcher_.reset();
    EXPECT_EQ(jobs_.runs.find(id)->state, RunState::interrupted);
    EXPECT_EQ(jobs_.child_id("parks", "park"), "");
}

TEST_F(RunLauncherTest, ARunUnderWayIsCancelledByItsRecord) {
    for (int i = 0; i < 1'000; ++i) {
        jobs_.put("work_rules", R"("_id": "rule-)" + std::to_string(i) + R"(", "park_id": "park")");
    }
    // Held up at its first batch until it has been told: by the answer to its sign of life, once a second.
    std::promise<void> has_begun;
    std::once_flag first;
    jobs_.world.interfere([&](const testing::Step& step) {
        if (step.call == "work_rules.insert" && step.phase == testing::Phase::before) {
            std::call_once(first, [&] {
                has_begun.set_value();
                jobs_.runs.await_cancel_told();
            });
        }
        return testing::Delivery::once;
    });
    launcher();
    ASSERT_EQ(run(request("parks")).state, RunState::done);
    const std::int64_t id = launch(request("work_rules"));
    has_begun.get_future().wait();
    EXPECT_EQ(jobs_.runs.find(id)->state, RunState::running);
    EXPECT_EQ(jobs_.runs.request_cancel(id), RunStore::Cancel::requested);
    EXPECT_EQ(jobs_.runs.await_end(id).state, RunState::interrupted);
}

TEST_F(RunLauncherTest, AStopInterruptsTheRunsAndNewOnes) {
    launcher();
    const Lease held = jobs_.take_lease("parks");
    const std::int64_t waiting = launch(request("parks"));
    stop_.request_stop();
    EXPECT_EQ(jobs_.runs.await_end(waiting).state, RunState::interrupted);
    const Lease of_rules = jobs_.take_lease("work_rules");
    EXPECT_EQ(run(request("work_rules")).state, RunState::interrupted);
    EXPECT_TRUE(jobs_.wishes.none_stands());
}

TEST_F(RunLauncherTest, AStopInTheMiddleOfABatchIsAnInterruptionAndNoFailure) {
    launcher();
    ASSERT_EQ(run(request("parks")).state, RunState::done);
    // A request that is under way when the program is to stop is given up.
    jobs_.world.interfere([this](const testing::Step& step) {
        if (step.call == "work_rules.insert") {
            stop_.request_stop();
            throw platform::StoreUnavailable("access-control", "the program is to stop");
        }
        return testing::Delivery::once;
    });
    const RunRecord stopped = run(request("work_rules"));
    EXPECT_EQ(stopped.state, RunState::interrupted);
    EXPECT_EQ(stopped.error, "");
    EXPECT_EQ(jobs_.world.documents("work_rules").size(), 1U) << "the next run makes the child";
}

TEST_F(RunLauncherTest, APassThatThrowsFailsItsRunAlone) {
    launcher();
    jobs_.world.interfere([](const testing::Step& step) {
        if (step.call == "parks.all.next") {
            throw std::runtime_error("the reader stumbled");
        }
        return testing::Delivery::once;
    });
    const RunRecord failed = run(request("parks"));
    EXPECT_EQ(failed.state, RunState::failed);
    EXPECT_EQ(failed.error, "the reader stumbled");
    launcher_.reset();
    const auto logged = jobs_.log.entries("a run failed");
    ASSERT_THAT(logged, SizeIs(1));
    EXPECT_EQ(logged.front().fields.find("job")->second, "parks");
    // The lease came back.
    EXPECT_NO_THROW(static_cast<void>(jobs_.take_lease("parks")));
}

TEST_F(RunLauncherTest, OnAnotherClusterARunFailsAndSaysWhy) {
    jobs_.dependencies.source_problem = [](std::chrono::milliseconds) {
        return std::string("MongoDB is another cluster");
    };
    launcher();
    const RunRecord failed = run(request("parks"));
    EXPECT_EQ(failed.state, RunState::failed);
    EXPECT_EQ(failed.error, "MongoDB is another cluster");
    EXPECT_EQ(jobs_.child_id("parks", "park"), "");
    EXPECT_THROW((void)launcher_->retry({.id = 1, .entity = "parks", .family = "vezet"}), platform::StoreUnavailable)
        << "whoever asked is to come back";
}

TEST_F(RunLauncherTest, AnEntryOfTheQuarantineIsTriedAgain) {
    jobs_.put("work_rules", R"("_id": "bad", "park_id": 7)");
    launcher();
    ASSERT_EQ(run(request("parks")).state, RunState::done);
    ASSERT_EQ(run(request("work_rules")).report.counts.quarantined, 1U);
    const QuarantineEntry entry = jobs_.world.quarantine().at(0);
    EXPECT_TRUE(launcher_->retry(entry));
    EXPECT_THAT(jobs_.world.quarantine(), SizeIs(1));

    jobs_.put("work_rules", R"("_id": "bad", "park_id": "park")");
    {
        const Lease held = jobs_.take_lease("work_rules");
        EXPECT_FALSE(launcher_->retry(entry)) << "the job is running";
        jobs_.leases.release(held);
    }
    EXPECT_TRUE(launcher_->retry(entry));
    EXPECT_THAT(jobs_.world.quarantine(), IsEmpty());
    EXPECT_NE(jobs_.child_id("work_rules", "bad"), "");
}

}  // namespace
}  // namespace twinfleet::mirroring
