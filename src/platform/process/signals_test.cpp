#include "platform/process/signals.hpp"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include <gtest/gtest.h>
#include <unistd.h>

namespace twinfleet::process {
namespace {

bool watched_here() {
    sigset_t mask;
    pthread_sigmask(SIG_SETMASK, nullptr, &mask);
    return sigismember(&mask, SIGINT) == 1 && sigismember(&mask, SIGTERM) == 1;
}

TEST(StopSignals, TurnIntoAStop) {
    for (const int signal : {SIGINT, SIGTERM}) {
        StopSignals signals;
        EXPECT_EQ(signals.received(), 0);
        EXPECT_FALSE(signals.token().stop_requested());
        kill(getpid(), signal);
        signals.wait();
        EXPECT_TRUE(signals.token().stop_requested());
        EXPECT_EQ(signals.received(), signal);
    }
}

TEST(StopSignals, WakeWhoeverWaitsOnTheToken) {
    StopSignals signals;
    std::mutex mutex;
    std::condition_variable_any wake;
    const std::jthread sender([] { kill(getpid(), SIGTERM); });
    std::unique_lock lock(mutex);
    EXPECT_FALSE(wake.wait(lock, signals.token(), [] { return false; }));
}

TEST(StopSignals, StopForAnotherReason) {
    StopSignals signals;
    signals.source().request_stop();
    signals.wait();
    EXPECT_EQ(signals.received(), 0);
}

TEST(StopSignals, AreWhatTheyWereAfterwards) {
    ASSERT_FALSE(watched_here());
    {
        const StopSignals signals;
        EXPECT_TRUE(watched_here());
        std::jthread([] { EXPECT_TRUE(watched_here()); }).join();
    }
    EXPECT_FALSE(watched_here());
}

TEST(StopSignals, ComeAndGoManyTimes) {
    for (int i = 0; i < 200; ++i) {
        {
            const StopSignals signals;
            ASSERT_TRUE(watched_here()) << i;
            // What wakes the listener at its end is no signal to the next one.
            ASSERT_EQ(signals.received(), 0) << i;
            ASSERT_FALSE(signals.token().stop_requested()) << i;
        }
        ASSERT_FALSE(watched_here()) << i;
    }
    // None is left over that would take a signal in the place of this one.
    const StopSignals last;
    kill(getpid(), SIGTERM);
    last.wait();
    EXPECT_EQ(last.received(), SIGTERM);
}

class StopSignalsDeathTest : public testing::Test {
protected:
    StopSignalsDeathTest() { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
};

/// Returns once the listener has taken it. Whoever calls it again knows that the one before has had its effect.
void send_and_wait(int signal) {
    kill(getpid(), signal);
    sigset_t pending;
    do {
        std::this_thread::yield();
        sigpending(&pending);
    } while (sigismember(&pending, signal) == 1);
}

TEST_F(StopSignalsDeathTest, SignalsSoonAfterTheFirstAreTheSameStop) {
    EXPECT_EXIT(
        {
            const StopSignals signals(std::chrono::hours(1));
            send_and_wait(SIGTERM);
            send_and_wait(SIGTERM);
            send_and_wait(SIGINT);
            send_and_wait(SIGTERM);
            _exit(signals.received() == SIGTERM ? 7 : 1);
        },
        testing::ExitedWithCode(7), "^$");
}

TEST_F(StopSignalsDeathTest, LaterSignalEndsTheProcessAtOnce) {
    EXPECT_EXIT(
        {
            const StopSignals signals(std::chrono::milliseconds(0));
            kill(getpid(), SIGINT);
            signals.wait();
            kill(getpid(), SIGTERM);
            // Work that does not care for a stop.
            pause();
            pause();
        },
        testing::ExitedWithCode(130), "a second signal: leaving at once");
}

}  // namespace
}  // namespace twinfleet::process
