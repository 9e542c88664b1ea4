#include "platform/incremental_cache/pass_history.hpp"

#include <gtest/gtest.h>

namespace twinfleet::incremental_cache {
namespace {

using namespace std::chrono_literals;

constexpr auto interval = 1'000ms;

/// `count` passes of `duration` each, one an interval; the start of the last.
std::chrono::nanoseconds add_passes(PassHistory& history, std::chrono::nanoseconds start, int count,
                                    std::chrono::nanoseconds duration) {
    for (int i = 0; i < count; ++i) {
        history.add(start + i * interval, start + i * interval + duration);
    }
    return start + (count - 1) * interval;
}

TEST(PassHistory, PromisesAnIntervalAndAPass) {
    PassHistory history(interval);
    const auto last = add_passes(history, 0ms, 50, 30ms);
    EXPECT_EQ(history.bound(last + 30ms), 1'030ms);
    EXPECT_EQ(history.bound(last + 900ms), 1'030ms) << "another replica may be at the start of its interval";
}

TEST(PassHistory, OneSlowPassInAHundredDoesNotCount) {
    PassHistory history(interval);
    add_passes(history, 0ms, 50, 30ms);
    history.add(50s, 50'800ms);
    const auto last = add_passes(history, 51s, 60, 30ms);
    EXPECT_EQ(history.bound(last + 30ms), 1'030ms);
}

TEST(PassHistory, TwoSlowPassesInAHundredDo) {
    PassHistory history(interval);
    add_passes(history, 0ms, 50, 30ms);
    history.add(50s, 50'800ms);
    history.add(51s, 51'700ms);
    const auto last = add_passes(history, 52s, 60, 30ms);
    EXPECT_EQ(history.bound(last + 30ms), 1'700ms);
}

TEST(PassHistory, ForgetsWhatIsLongPast) {
    PassHistory history(interval);
    add_passes(history, 0ms, 50, 900ms);
    const auto last = add_passes(history, 50s, 102, 30ms);
    EXPECT_EQ(history.bound(last + 30ms), 1'030ms);
}

TEST(PassHistory, GrowsWhileNoPassSucceeds) {
    PassHistory history(interval);
    const auto last = add_passes(history, 0ms, 50, 30ms);
    EXPECT_EQ(history.bound(last + 20s), 20s);
}

TEST(PassHistory, PromisesMoreWhenItKnowsLittle) {
    PassHistory history(interval);
    EXPECT_GT(history.bound(0s), interval);
    const auto last = add_passes(history, 0ms, 3, 400ms);
    EXPECT_EQ(history.bound(last + 400ms), 1'400ms);
    history.add(last + interval, last + interval + 5s);
    EXPECT_EQ(history.bound(last + interval + 5s), 6s);
}

TEST(PassHistory, CatchingUpAtTheStartTellsNothingOfTheRest) {
    PassHistory history(interval);
    history.add(0s, 20s);
    EXPECT_EQ(history.bound(20s), 20s) << "so long ago was what the cache has seen";
    const auto last = add_passes(history, 20s, 3, 30ms);
    EXPECT_EQ(history.bound(last + 30ms), 1'250ms);
}

}  // namespace
}  // namespace twinfleet::incremental_cache
