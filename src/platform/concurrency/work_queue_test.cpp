#include "platform/concurrency/work_queue.hpp"

#include <atomic>
#include <future>
#include <latch>
#include <memory>
#include <optional>
#include <stdexcept>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace twinfleet::platform {
namespace {

TEST(WorkQueue, RunsEveryTask) {
    constexpr int tasks = 10'000;
    std::atomic<int> ran = 0;
    std::latch done(tasks);
    WorkQueue queue({.threads = 4, .waiting_max = tasks});
    for (int i = 0; i < tasks; ++i) {
        ASSERT_TRUE(queue.try_post([&] {
            ++ran;
            done.count_down();
        }));
    }
    done.wait();
    EXPECT_EQ(ran, tasks);
}

TEST(WorkQueue, RunsAsManyAtATimeAsItHasThreads) {
    std::latch all_running(3);
    WorkQueue queue({.threads = 3, .waiting_max = 0});
    for (int i = 0; i < 3; ++i) {
        ASSERT_TRUE(queue.try_post([&] { all_running.arrive_and_wait(); }));
    }
    all_running.wait();
}

TEST(WorkQueue, RefusesWhenItIsFull) {
    std::promise<void> gate;
    std::latch running(1);
    WorkQueue queue({.threads = 1, .waiting_max = 2});
    ASSERT_TRUE(queue.try_post([&] {
        running.count_down();
        gate.get_future().wait();
    }));
    running.wait();
    std::latch done(2);
    ASSERT_TRUE(queue.try_post([&] { done.count_down(); }));
    ASSERT_TRUE(queue.try_post([&] { done.count_down(); }));
    EXPECT_FALSE(queue.try_post([] { FAIL() << "a refused task ran"; }));
    const auto usage = queue.usage();
    EXPECT_EQ(usage.running, 1);
    EXPECT_EQ(usage.waiting, 2);
    gate.set_value();
    done.wait();
}

TEST(WorkQueue, DropsWhatWaitsAndWaitsForWhatRunsWhenItEnds) {
    std::promise<void> gate;
    std::latch running(1);
    std::atomic<bool> finished = false;
    auto held = std::make_shared<int>(0);
    const std::weak_ptr<int> watched = held;
    std::optional<WorkQueue> queue(std::in_place, WorkQueue::Settings{.threads = 1, .waiting_max = 1});
    ASSERT_TRUE(queue->try_post([&] {
        running.count_down();
        gate.get_future().wait();
        finished = true;
    }));
    running.wait();
    ASSERT_TRUE(queue->try_post([held = std::move(held)] { FAIL() << "a dropped task ran"; }));
    std::jthread ending([&] { queue.reset(); });
    while (!watched.expired()) {
        std::this_thread::yield();
    }
    EXPECT_FALSE(finished);
    gate.set_value();
    ending.join();
    EXPECT_TRUE(finished);
}

TEST(WorkQueue, IsOpenToTasksFromItsOwnTasks) {
    std::latch done(1);
    WorkQueue queue({.threads = 1, .waiting_max = 1});
    ASSERT_TRUE(queue.try_post([&] { EXPECT_TRUE(queue.try_post([&] { done.count_down(); })); }));
    done.wait();
}

TEST(WorkQueue, NeedsAThread) {
    EXPECT_THROW(WorkQueue({.threads = 0}), std::invalid_argument);
}

TEST(WorkQueueDeathTest, EndsTheProgramWhenATaskThrows) {
    testing::FLAGS_gtest_death_test_style = "threadsafe";
    EXPECT_DEATH(
        {
            std::latch never(1);
            WorkQueue queue({.threads = 1});
            (void)queue.try_post([] { throw std::runtime_error("a task threw"); });
            never.wait();
        },
        "a task threw");
}

}  // namespace
}  // namespace twinfleet::platform
