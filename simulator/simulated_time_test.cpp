#include "simulator/simulated_time.hpp"

#include <gtest/gtest.h>

namespace twinfleet::simulator {
namespace {

using namespace std::chrono_literals;

constexpr platform::Time wall{std::chrono::seconds(1'700'000'000)};

TEST(SimulatedTime, CatchesUpWithTheRealTimeAtTheEnd) {
    const SimulatedTime time(5s, wall, 100s, 60);
    EXPECT_EQ(time.at(5s), wall - 5900s);
    EXPECT_EQ(time.at(6s), wall - 5840s);
    EXPECT_EQ(time.at(105s), wall + 100s);
    EXPECT_EQ(time.wall(105s), wall + 100s);
    EXPECT_EQ(time.end(), 105s);
}

TEST(SimulatedTime, IsTheRealTimeWithoutASpeedUp) {
    const SimulatedTime time(5s, wall, 100s, 1);
    for (const auto instant : {5s, 6s, 105s}) {
        EXPECT_EQ(time.at(instant), time.wall(instant));
    }
}

TEST(SimulatedTime, TellsWhenATimeWillHaveCome) {
    const SimulatedTime time(5s, wall, 100s, 7);
    for (const auto later : {0ms, 1ms, 12'345ms}) {
        const auto moment = time.at(5s) + later;
        EXPECT_GE(time.at(time.when(moment)), moment);
        EXPECT_LT(time.at(time.when(moment) - 1us), moment);
    }
    EXPECT_EQ(time.real(14s), 2s);
}

}  // namespace
}  // namespace twinfleet::simulator
