#include "platform/clock/store_clock.hpp"

#include <cstdlib>
#include <stdexcept>

#include <gtest/gtest.h>

#include "platform/clock/testing/manual_clock.hpp"
#include "platform/clock/testing/skewed_clock.hpp"

namespace twinfleet::platform {
namespace {

using namespace std::chrono_literals;
using std::chrono::microseconds;
using testing::ManualClock;
using testing::SkewedClock;

class StoreClockTest : public ::testing::Test {
protected:
    StoreClockTest() { truth_.advance(24h * 20'000); }

    /// A store that is right, and reached in `there` and answers in `back`.
    StoreClock::Ask store(std::chrono::nanoseconds there = 0ns, std::chrono::nanoseconds back = 0ns) {
        return [this, there, back] {
            truth_.advance(there);
            const Time told = truth_.now() + store_ahead_;
            truth_.advance(back);
            return told;
        };
    }

    ManualClock truth_;
    microseconds store_ahead_{0};
};

TEST_F(StoreClockTest, IsTheMachinesUntilTheStoreHasBeenAsked) {
    const SkewedClock local(truth_, 1h);
    const StoreClock clock(local, store());
    EXPECT_EQ(clock.now(), local.now());
    EXPECT_EQ(clock.skew(), std::nullopt);
    EXPECT_EQ(clock.monotonic(), local.monotonic());
}

TEST_F(StoreClockTest, IsTheStoresHoweverWrongTheMachineIs) {
    for (const microseconds ahead : {microseconds(24h * 15), microseconds(1h), microseconds(-1h), 0us}) {
        SkewedClock local(truth_, ahead);
        StoreClock clock(local, store());
        clock.measure();
        EXPECT_EQ(clock.now(), truth_.now());
        EXPECT_EQ(clock.skew(), ahead);
        truth_.advance(10min);
        EXPECT_EQ(clock.now(), truth_.now());
        // Somebody sets the machine's clock.
        local.set_ahead(-24h);
        EXPECT_EQ(clock.now(), truth_.now());
        EXPECT_EQ(clock.skew(), microseconds(-24h));
    }
}

TEST_F(StoreClockTest, IsWrongByHalfARoundTripAtMost) {
    const SkewedClock local(truth_, 1h);
    for (const auto& [there, back] : {std::pair(0ms, 80ms), std::pair(80ms, 0ms), std::pair(40ms, 40ms)}) {
        StoreClock clock(local, store(there, back));
        clock.measure();
        EXPECT_LE(std::abs((clock.now() - truth_.now()).count()), microseconds(40ms).count());
    }
}

TEST_F(StoreClockTest, ASlowAnswerDoesNotMoveIt) {
    const SkewedClock local(truth_, 0us);
    std::chrono::nanoseconds back = 0ms;
    StoreClock clock(local, [&] { return store(0ns, back)(); });
    clock.measure();
    back = 3s;
    clock.measure();
    EXPECT_EQ(clock.now(), truth_.now());
}

TEST_F(StoreClockTest, FollowsAStoreWhoseClockIsSet) {
    const SkewedClock local(truth_, 0us);
    StoreClock clock(local, store(1ms, 1ms));
    clock.measure();
    store_ahead_ = 1min;
    clock.measure();
    EXPECT_LE(std::abs((clock.now() - truth_.now() - store_ahead_).count()), microseconds(2ms).count());
    store_ahead_ = -1min;
    clock.measure();
    EXPECT_LE(std::abs((clock.now() - truth_.now() - store_ahead_).count()), microseconds(2ms).count());
}

TEST_F(StoreClockTest, GoesOnWhileTheStoreIsAway) {
    const SkewedClock local(truth_, 1h);
    bool is_away = false;
    StoreClock clock(local, [&] { return is_away ? throw std::runtime_error("away") : store()(); });
    clock.measure();
    is_away = true;
    EXPECT_THROW(clock.measure(), std::runtime_error);
    truth_.advance(1min);
    EXPECT_EQ(clock.now(), truth_.now());
}

}  // namespace
}  // namespace twinfleet::platform
