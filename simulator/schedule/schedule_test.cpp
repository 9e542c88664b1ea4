#include "simulator/schedule/schedule.hpp"

#include <atomic>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "platform/clock/testing/manual_clock.hpp"

namespace twinfleet::simulator {
namespace {

using namespace std::chrono_literals;
using platform::SystemClock;
using platform::testing::ManualClock;
using ::testing::Optional;

/// Whoever takes with it does not wait.
std::stop_token stopped() {
    std::stop_source source;
    source.request_stop();
    return source.get_token();
}

TEST(Schedule, GivesWhatIsDueInOrder) {
    ManualClock clock;
    Schedule schedule(3, clock);
    schedule.put_back(0, 3s);
    schedule.put_back(1, 1s);
    schedule.put_back(2, 2s);
    clock.advance(3s);
    EXPECT_THAT(schedule.take({}), Optional(1U));
    EXPECT_THAT(schedule.take({}), Optional(2U));
    EXPECT_THAT(schedule.take({}), Optional(0U));
}

TEST(Schedule, ForgetsTheTimeOfAnItemThatWasPutBackAgain) {
    ManualClock clock;
    Schedule schedule(2, clock);
    schedule.put_back(0, 1s);
    schedule.put_back(0, 3s);
    schedule.put_back(1, 2s);
    clock.advance(5s);
    EXPECT_THAT(schedule.take({}), Optional(1U));
    EXPECT_THAT(schedule.take({}), Optional(0U));
}

TEST(Schedule, AWokenItemIsDueAtOnce) {
    ManualClock clock;
    Schedule schedule(2, clock);
    schedule.put_back(0, 1h);
    schedule.wake(0);
    EXPECT_THAT(schedule.take({}), Optional(0U));
    schedule.put_back(1, never);
    schedule.wake(1);
    EXPECT_THAT(schedule.take({}), Optional(1U));
}

TEST(Schedule, AnItemWokenWhileItIsTakenIsDueWhenItComesBack) {
    ManualClock clock;
    Schedule schedule(1, clock);
    schedule.wake(0);
    EXPECT_THAT(schedule.take({}), Optional(0U));
    schedule.wake(0);
    schedule.put_back(0, never);
    EXPECT_THAT(schedule.take({}), Optional(0U));
}

TEST(Schedule, GivesNothingOnceStopped) {
    ManualClock clock;
    Schedule schedule(1, clock);
    schedule.wake(0);
    EXPECT_EQ(schedule.take(stopped()), std::nullopt);
}

TEST(Schedule, AStopEndsAllWaits) {
    const SystemClock clock;
    Schedule schedule(1, clock);
    schedule.put_back(0, clock.monotonic() + 1h);
    std::stop_source stop;
    std::vector<std::jthread> threads;
    for (int count = 0; count < 4; ++count) {
        threads.emplace_back([&] { EXPECT_EQ(schedule.take(stop.get_token()), std::nullopt); });
    }
    stop.request_stop();
}

TEST(Schedule, AnEarlierItemEndsTheWaitForALaterOne) {
    const SystemClock clock;
    Schedule schedule(2, clock);
    schedule.put_back(0, clock.monotonic() + 1h);
    std::jthread waiting([&] { EXPECT_THAT(schedule.take({}), Optional(1U)); });
    schedule.put_back(1, clock.monotonic() + 1ms);
}

TEST(Schedule, NoItemIsWithTwoThreadsAndNoneIsLost) {
    const SystemClock clock;
    constexpr std::size_t items = 50;
    constexpr int turns = 2'000;
    Schedule schedule(items, clock);
    std::vector<std::atomic<int>> holders(items);
    std::atomic<int> done = 0;
    std::stop_source stop;
    for (std::size_t item = 0; item < items; ++item) {
        schedule.wake(item);
    }
    {
        std::vector<std::jthread> threads;
        for (int count = 0; count < 4; ++count) {
            threads.emplace_back([&] {
                while (const auto item = schedule.take(stop.get_token())) {
                    EXPECT_EQ(holders[*item]++, 0);
                    if (++done == turns) {
                        stop.request_stop();
                    }
                    schedule.wake((*item + 1) % items);
                    --holders[*item];
                    schedule.put_back(*item, clock.monotonic() + std::chrono::microseconds(*item));
                }
            });
        }
    }
    EXPECT_GE(done, turns);
}

}  // namespace
}  // namespace twinfleet::simulator
