// The periodic jobs, over stores in memory.
#include "capabilities/mirroring/jobs/scheduler.hpp"

#include <condition_variable>
#include <mutex>
#include <optional>
#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "capabilities/mirroring/entities/entity_table.hpp"
#include "capabilities/mirroring/testing/jobs_over_fakes.hpp"

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
    void start(std::chrono::milliseconds full_interval = 1h) {
        std::map<std::string, JobSchedule> schedules;
        for (const Entity& each : entities()) {
            schedules[std::string(each.name)] = {
                .incremental_interval = 5ms, .full_interval = full_interval, .full_shards = 3};
        }
        scheduler_.emplace(jobs_.runner, jobs_.dependencies, jobs_.rounds, LeaseSettings{.holder = "us"}, metrics_,
                           std::vector<domain::AppFamily>{jobs_.family}, schedules);
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
    std::optional<Scheduler> scheduler_;
};

TEST_F(SchedulerTest, EveryJobRunsAgainAndAgain) {
    start();
    EXPECT_TRUE(witness_.sees([&] { return is_mirrored("parks", "park") && is_mirrored("work_rules", "rule"); }));
    jobs_.put("work_rules", R"("_id": "another", "park_id": "park")");
    EXPECT_TRUE(witness_.sees([&] { return is_mirrored("work_rules", "another"); }));
    scheduler_.reset();
    EXPECT_THAT(registry_.text(), HasSubstr(R"(fleet_sync_lease_held{family="vezet",job="work_rules"} 1)"));
}

TEST_F(SchedulerTest, AJobWithoutItsStoreIsLeftOut) {
    jobs_.stores.erase("groups");
    jobs_.stores.erase("users");
    start();
    EXPECT_TRUE(witness_.sees([&] { return is_mirrored("work_rules", "rule"); }));
    scheduler_.reset();
    EXPECT_THAT(registry_.text(), Not(HasSubstr(R"(job="users")")));
    EXPECT_THAT(jobs_.log.entries("pass failed"), IsEmpty());
}

TEST_F(SchedulerTest, AFullRoundGoesBesideTheIncrementalPassesShardByShard) {
    start(1ms);
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
    start();
    EXPECT_TRUE(witness_.sees([&] { return is_mirrored("parks", "park"); }));
    EXPECT_FALSE(is_mirrored("work_rules", "rule"));
    jobs_.leases.release(held);
    EXPECT_TRUE(witness_.sees([&] { return is_mirrored("work_rules", "rule"); }));
}

TEST_F(SchedulerTest, MakesRoomForWhoeverWishesForTheLease) {
    start();
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
    start();
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
    start();
    EXPECT_TRUE(witness_.sees([&] { return is_mirrored("work_rules", "rule"); }));
    EXPECT_FALSE(is_free("work_rules"));
    scheduler_.reset();
    for (const Entity& each : entities()) {
        EXPECT_TRUE(is_free(each.name)) << each.name;
    }
    jobs_.put("work_rules", R"("_id": "late", "park_id": "park")");
    EXPECT_FALSE(is_mirrored("work_rules", "late"));
}

}  // namespace
}  // namespace twinfleet::mirroring
