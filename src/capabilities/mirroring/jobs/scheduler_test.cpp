// The periodic jobs, over stores in memory.
#include "capabilities/mirroring/jobs/scheduler.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "capabilities/mirroring/entities/entity_table.hpp"
#include "capabilities/mirroring/testing/jobs_over_fakes.hpp"
#include "platform/concurrency/guarded.hpp"

namespace twinfleet::mirroring {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

/// Sees every call of a store; a test waits for what the calls bring about.
class Witness {
public:
    void look() {
        const std::lock_guard lock(mutex_);
        came_.notify_all();
    }
    /// False when it does not come about within what a test may take.
    bool sees(const std::function<bool()>& condition) {
        constexpr auto patience = 20s;
        const auto deadline = std::chrono::steady_clock::now() + patience;
        std::unique_lock lock(mutex_);
        while (std::chrono::steady_clock::now() < deadline) {
            lock.unlock();
            if (condition()) {
                return true;
            }
            lock.lock();
            came_.wait_for(lock, 10ms);
        }
        return false;
    }

private:
    std::mutex mutex_;
    std::condition_variable came_;
};

class SchedulerTest : public ::testing::Test {
protected:
    SchedulerTest() {
        jobs_.put("parks", R"("_id": "park", "login": "park", "city_id": "Chicago", "is_active": true)");
        jobs_.put("work_rules", R"("_id": "rule", "park_id": "park")");
        jobs_.world.interfere([this](const testing::Step& step) {
            witness_.look();
            return interfere_ ? interfere_(step) : testing::Delivery::once;
        });
    }
    /// The scheduler at work until this ends, which is before what the test has made earlier: `interfere_` may look
    /// into that.
    class Running {
    public:
        explicit Running(std::optional<Scheduler>& scheduler) : scheduler_(scheduler) {}
        ~Running() { scheduler_.reset(); }
        Running(const Running&) = delete;
        Running& operator=(const Running&) = delete;

    private:
        std::optional<Scheduler>& scheduler_;
    };
    [[nodiscard]] Running start(std::chrono::milliseconds full_interval = 1h) {
        return start({.incremental_interval = 5ms, .full_interval = full_interval, .full_shards = 3});
    }
    /// All jobs go by one schedule.
    [[nodiscard]] Running start(const JobSchedule& schedule) {
        std::map<std::string, JobSchedule> schedules;
        for (const Entity& each : entities()) {
            schedules[std::string(each.name)] = schedule;
        }
        scheduler_.emplace(jobs_.runner, jobs_.dependencies, jobs_.rounds, LeaseSettings{.holder = "us"}, metrics_,
                           families_, schedules);
        return Running(scheduler_);
    }
    /// The process that holds it has been silent for longer than its lease lasts, and somebody else takes the job over.
    Lease take_over(std::string_view lease_name) {
        jobs_.world.advance(2 * LeaseSettings{}.lifetime.count());
        return jobs_.take_lease(lease_name);
    }
    [[nodiscard]] bool is_mirrored(std::string_view of, std::string_view id) const {
        return !jobs_.child_id(of, id).empty();
    }
    [[nodiscard]] bool is_free(std::string_view job) {
        const auto lease = jobs_.leases.acquire(job, jobs_.family.name, "a test", 1h);
        if (lease) {
            jobs_.leases.release(*lease);
        }
        return lease.has_value();
    }

    testing::JobsOverFakes jobs_;
    metrics::Registry registry_;
    JobMetrics metrics_{registry_, jobs_.clock};
    Witness witness_;
    testing::Interference interfere_;
    std::vector<domain::AppFamily> families_{jobs_.family};
    std::optional<Scheduler> scheduler_;
};

TEST_F(SchedulerTest, EveryJobRunsAgainAndAgain) {
    const auto running = start();
    EXPECT_TRUE(witness_.sees([&] { return is_mirrored("parks", "park") && is_mirrored("work_rules", "rule"); }));
    jobs_.put("work_rules", R"("_id": "another", "park_id": "park")");
    EXPECT_TRUE(witness_.sees([&] { return is_mirrored("work_rules", "another"); }));
    scheduler_.reset();
    EXPECT_THAT(registry_.text(), HasSubstr(R"(fleet_sync_lease_held{family="vezet",job="work_rules"} 1)"));
}

TEST_F(SchedulerTest, AJobWithoutItsStoreIsLeftOut) {
    jobs_.stores.erase("groups");
    jobs_.stores.erase("users");
    const auto running = start();
    EXPECT_TRUE(witness_.sees([&] { return is_mirrored("work_rules", "rule"); }));
    scheduler_.reset();
    EXPECT_THAT(registry_.text(), Not(HasSubstr(R"(job="users")")));
    EXPECT_THAT(jobs_.log.entries("pass failed"), IsEmpty());
}

TEST_F(SchedulerTest, AFullRoundGoesBesideTheIncrementalPassesShardByShard) {
    const auto running = start(1ms);
    // The world's clock stands still, and a round is due some time after the last.
    EXPECT_TRUE(witness_.sees([&] {
        jobs_.world.advance(10);
        return jobs_.world.rounds_finished("work_rules", jobs_.family.name) >= 2;
    }));
    scheduler_.reset();
    const auto finished = jobs_.log.entries("full round finished");
    EXPECT_THAT(finished, Not(IsEmpty()));
    EXPECT_THAT(jobs_.log.entries("shard of a full pass failed"), IsEmpty());
}

TEST_F(SchedulerTest, AJobThatAnotherReplicaHoldsIsLeftAloneUntilItIsFree) {
    const Lease held = jobs_.take_lease("work_rules");
    const auto running = start();
    EXPECT_TRUE(witness_.sees([&] { return is_mirrored("parks", "park"); }));
    EXPECT_FALSE(is_mirrored("work_rules", "rule"));
    jobs_.leases.release(held);
    EXPECT_TRUE(witness_.sees([&] { return is_mirrored("work_rules", "rule"); }));
}

TEST_F(SchedulerTest, MakesRoomForWhoeverWishesForTheLease) {
    const auto running = start();
    EXPECT_TRUE(witness_.sees([&] { return is_mirrored("work_rules", "rule"); }));
    jobs_.wishes.wish("work_rules", jobs_.family.name, 1h);
    std::optional<Lease> lease;
    EXPECT_TRUE(witness_.sees([&] {
        lease = lease ? lease : jobs_.leases.acquire("work_rules", jobs_.family.name, "the one who wished", 1h);
        return lease.has_value();
    }));
    jobs_.put("work_rules", R"("_id": "another", "park_id": "park")");
    jobs_.leases.release(*lease);
    jobs_.wishes.withdraw("work_rules", jobs_.family.name);
    EXPECT_TRUE(witness_.sees([&] { return is_mirrored("work_rules", "another"); }));
}

TEST_F(SchedulerTest, APassThatThrowsIsCountedAndTriedAgainWhileTheOtherJobsGoOn) {
    std::atomic<int> left = 3;
    interfere_ = [&](const testing::Step& step) {
        if (step.call == "work_rules.changed_since.next" && step.phase == testing::Phase::before && left-- > 0) {
            throw std::runtime_error("the reader stumbled");
        }
        return testing::Delivery::once;
    };
    const auto running = start();
    EXPECT_TRUE(witness_.sees([&] { return left < 0 && is_mirrored("work_rules", "rule"); }));
    EXPECT_TRUE(is_mirrored("parks", "park"));
    scheduler_.reset();
    const auto failures = jobs_.log.entries("pass failed");
    ASSERT_THAT(failures, SizeIs(3));
    EXPECT_EQ(failures.front().fields.find("job")->second, "work_rules");
    EXPECT_EQ(failures.front().fields.find("reason")->second, "the reader stumbled");
    EXPECT_THAT(registry_.text(), HasSubstr(R"(fleet_sync_pass_failures_total{family="vezet",job="work_rules"} 3)"));
}

TEST_F(SchedulerTest, ItsEndGivesEveryLeaseBack) {
    const auto running = start();
    EXPECT_TRUE(witness_.sees([&] { return is_mirrored("work_rules", "rule"); }));
    EXPECT_FALSE(is_free("work_rules"));
    scheduler_.reset();
    for (const Entity& each : entities()) {
        EXPECT_TRUE(is_free(each.name)) << each.name;
    }
    jobs_.put("work_rules", R"("_id": "late", "park_id": "park")");
    EXPECT_FALSE(is_mirrored("work_rules", "late"));
}

TEST_F(SchedulerTest, AJobGoesRoundTheFamilies) {
    families_.push_back({"another"});
    const auto running = start();
    const auto has_link = [&](const std::string& family) {
        const auto links = jobs_.world.links("work_rules");
        return std::ranges::any_of(links, [&](const auto& stored) { return stored.family == family; });
    };
    EXPECT_TRUE(witness_.sees([&] { return has_link("another") && has_link(jobs_.family.name); }));
}

TEST_F(SchedulerTest, NothingRunsAndNoLeaseIsHeldWhileMongoDbIsAnotherCluster) {
    std::atomic<bool> is_another = false;
    std::atomic<int> asked_while_another = 0;
    jobs_.dependencies.source_problem = [&](std::chrono::milliseconds) {
        asked_while_another += is_another ? 1 : 0;
        return std::string(is_another ? "MongoDB is another cluster" : "");
    };
    const auto running = start({.incremental_interval = 5ms, .full_interval = 1ms, .full_shards = 1});
    EXPECT_TRUE(witness_.sees([&] { return is_mirrored("work_rules", "rule"); }));
    is_another = true;
    EXPECT_TRUE(witness_.sees([&] {
        return asked_while_another > 100 &&
               std::ranges::all_of(entities(), [&](const Entity& each) { return is_free(each.name); });
    }));
    jobs_.put("work_rules", R"("_id": "another", "park_id": "park")");
    const int asked = asked_while_another;
    EXPECT_TRUE(witness_.sees([&] {
        jobs_.world.advance(1);
        return asked_while_another > asked + 100;
    }));
    EXPECT_FALSE(is_mirrored("work_rules", "another"));
    is_another = false;
    EXPECT_TRUE(witness_.sees([&] { return is_mirrored("work_rules", "another"); }));
    scheduler_.reset();
    EXPECT_LE(jobs_.log.entries("pass failed").size(), entities().size())
        << "a pass that has just begun notices by itself; else the jobs wait, and the log is not filled";
}

TEST_F(SchedulerTest, AJobThatAnotherProcessTakesOverIsLeftToItUntilItIsFreeAgain) {
    const auto running = start();
    EXPECT_TRUE(witness_.sees([&] { return is_mirrored("work_rules", "rule"); }));
    const Lease held = take_over("work_rules");
    EXPECT_TRUE(witness_.sees([&] { return !jobs_.log.entries("another process has taken the job over").empty(); }));
    EXPECT_THAT(registry_.text(), HasSubstr(R"(fleet_sync_lease_held{family="vezet",job="work_rules"} 0)"));
    jobs_.put("work_rules", R"("_id": "another", "park_id": "park")");
    // The others have turn after turn meanwhile.
    jobs_.put("parks", R"("_id": "new", "login": "new", "city_id": "Chicago", "is_active": true)");
    EXPECT_TRUE(witness_.sees([&] { return is_mirrored("parks", "new"); }));
    EXPECT_FALSE(is_mirrored("work_rules", "another"));
    jobs_.leases.release(held);
    EXPECT_TRUE(witness_.sees([&] { return is_mirrored("work_rules", "another"); }));
}

TEST_F(SchedulerTest, AShardThatAnotherProcessTakesOverIsLeftToItAndTheRoundGoesOnAfterwards) {
    // So that it is left to the round to make a child.
    (void)jobs_.take_lease("work_rules");
    std::optional<Lease> held;
    std::atomic<bool> is_taken = false;
    interfere_ = [&](const testing::Step& step) {
        if (step.call == "work_rules.all.next" && step.phase == testing::Phase::before &&
            is_mirrored("parks", "park") && !is_taken.exchange(true)) {
            held = take_over(shard_lease_name("work_rules", {.index = 0, .count = 1}));
        }
        return testing::Delivery::once;
    };
    const auto running = start({.incremental_interval = 5ms, .full_interval = 1ms, .full_shards = 1});
    EXPECT_TRUE(witness_.sees([&] {
        jobs_.world.advance(1);
        return !jobs_.log.entries("another process has taken the shard over").empty();
    }));
    EXPECT_FALSE(is_mirrored("work_rules", "rule"));
    jobs_.leases.release(*held);
    EXPECT_TRUE(witness_.sees([&] { return is_mirrored("work_rules", "rule"); }));
}

TEST_F(SchedulerTest, AfterAFailureAJobWaitsForItsNextTurn) {
    std::atomic<int> passes = 0;
    interfere_ = [&](const testing::Step& step) {
        // The first pass reads everything where a park that was linked before asked for it.
        const bool is_read = step.call == "work_rules.changed_since.next" || step.call == "work_rules.all.next";
        if (is_read && step.phase == testing::Phase::before) {
            ++passes;
            throw std::runtime_error("the reader stumbled");
        }
        return testing::Delivery::once;
    };
    const auto running = start({.incremental_interval = 1h, .full_interval = 1h});
    EXPECT_TRUE(witness_.sees([&] { return !jobs_.log.entries("pass failed").empty(); }));
    // Every other job has had its turn, too.
    EXPECT_TRUE(witness_.sees([&] { return jobs_.log.entries("job taken over").size() == entities().size(); }));
    scheduler_.reset();
    EXPECT_EQ(passes, 1);
    EXPECT_TRUE(is_free("work_rules")) << "the lease was kept for the next turn, and given back at the end";
}

TEST_F(SchedulerTest, AShardThatThrowsIsCountedAndTriedAgain) {
    (void)jobs_.take_lease("work_rules");
    std::atomic<int> left = 2;
    interfere_ = [&](const testing::Step& step) {
        if (step.call == "work_rules.all.next" && step.phase == testing::Phase::before && left-- > 0) {
            throw std::runtime_error("the reader stumbled");
        }
        return testing::Delivery::once;
    };
    const auto running = start({.incremental_interval = 5ms, .full_interval = 1ms, .full_shards = 1});
    EXPECT_TRUE(witness_.sees([&] {
        jobs_.world.advance(1);
        return is_mirrored("work_rules", "rule");
    }));
    scheduler_.reset();
    EXPECT_THAT(jobs_.log.entries("shard of a full pass failed"), SizeIs(2));
    EXPECT_THAT(registry_.text(), HasSubstr(R"(fleet_sync_pass_failures_total{family="vezet",job="work_rules"} 2)"));
}

TEST_F(SchedulerTest, AStopEndsAPassAfterTheBatchInHandAndTheNextProcessTakesTheShardOver) {
    constexpr int several_batches = 35;
    for (int i = 0; i < several_batches; ++i) {
        jobs_.put("work_rules", R"("_id": "rule )" + std::to_string(i) + R"(", "park_id": "park")");
    }
    (void)jobs_.take_lease("work_rules");
    std::atomic<bool> is_reading = false;
    std::atomic<bool> goes_on = false;
    interfere_ = [&](const testing::Step& step) {
        if (step.call == "work_rules.all.next" && step.phase == testing::Phase::before && !goes_on &&
            is_mirrored("parks", "park")) {
            is_reading = true;
            goes_on.wait(false);
        }
        return testing::Delivery::once;
    };
    const auto running = start({.incremental_interval = 5ms, .full_interval = 1ms, .full_shards = 1});
    EXPECT_TRUE(witness_.sees([&] {
        jobs_.world.advance(1);
        return is_reading && jobs_.log.entries("job taken over").size() == entities().size() - 1;
    }));
    const auto finished_before = jobs_.world.rounds_finished("work_rules", jobs_.family.name);
    std::jthread end([&] { scheduler_.reset(); });
    // The jobs are asked to stop in the order of the table.
    EXPECT_TRUE(witness_.sees([&] { return is_free(entities().back().name); }));
    goes_on = true;
    goes_on.notify_all();
    end.join();
    EXPECT_EQ(jobs_.world.rounds_finished("work_rules", jobs_.family.name), finished_before);
    EXPECT_TRUE(is_mirrored("work_rules", "rule")) << "it was in the batch in hand";
    EXPECT_FALSE(is_mirrored("work_rules", "rule 34")) << "it comes last";
    EXPECT_TRUE(is_free(shard_lease_name("work_rules", {.index = 0, .count = 1})));

    const auto running_again = start({.incremental_interval = 5ms, .full_interval = 1ms, .full_shards = 1});
    EXPECT_TRUE(witness_.sees([&] { return is_mirrored("work_rules", "rule 34"); }));
    EXPECT_THAT(jobs_.log.entries("shard taken over"), Not(IsEmpty()));
}

/// Every round is to read every child.
class EveryRoundVerifies final : public VerificationStore {
public:
    std::optional<VerifyPosition> position(const std::string&, std::chrono::hours) override { return std::nullopt; }
    void keep_position(const std::string&, const VerifyPosition&) override {}
    void forget_position(const std::string&) override {}
    bool decide_round(const Entity&, const domain::AppFamily&, std::int64_t, Time, std::chrono::milliseconds) override {
        return true;
    }
    void round_completed(const Entity& entity, const domain::AppFamily&, Time) override {
        completed.with([&](auto& names) { names.emplace_back(entity.name); });
    }
    std::vector<JobAges> ages(std::span<const domain::AppFamily>) override { return {}; }

    platform::Guarded<std::vector<std::string>> completed;
};

TEST_F(SchedulerTest, ARoundThatReadsEveryChildPutsItRightAndIsRemembered) {
    EveryRoundVerifies verification;
    jobs_.dependencies.verification = &verification;
    const auto running = start();
    EXPECT_TRUE(witness_.sees([&] { return is_mirrored("work_rules", "rule"); }));
    scheduler_.reset();
    const std::string child_id = jobs_.child_id("work_rules", "rule");
    jobs_.put("work_rules", R"("_id": ")" + child_id + R"(", "park_id": "nobody knows")");
    const auto is_right = [&] {
        const auto child = jobs_.world.document("work_rules", testing::id_key(child_id));
        return child->view().find("park_id")->string() == jobs_.child_id("parks", "park");
    };
    EXPECT_FALSE(is_right());
    const auto running_again = start(1ms);
    EXPECT_TRUE(witness_.sees([&] {
        jobs_.world.advance(1);
        const bool is_remembered = verification.completed.with(
            [](const auto& names) { return std::ranges::find(names, "work_rules") != names.end(); });
        return is_remembered && is_right();
    }));
    scheduler_.reset();
}

}  // namespace
}  // namespace twinfleet::mirroring
