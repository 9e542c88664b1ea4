#include "simulator/tracks/street_grid.hpp"

#include <algorithm>
#include <set>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace twinfleet::simulator {
namespace {

using namespace std::chrono_literals;

RC_GTEST_PROP(StreetGrid, ACarIsNeverFasterThanTheCityAllows, ()) {
    const StreetGrid grid;
    const auto track = wander(grid, Random(*rc::gen::arbitrary<std::uint64_t>()));
    const auto interval = std::chrono::milliseconds(*rc::gen::inRange(100, 5'000));
    Fix before = track->at(0ms);
    for (int count = 1; count < 500; ++count) {
        const Fix now = track->at(interval * count);
        const double way_m = offset(before.place, now.place).length_m();
        RC_ASSERT(way_m <= grid.speed_max_mps * std::chrono::duration<double>(interval).count() * 1.01);
        RC_ASSERT(now.speed_mps >= 0);
        RC_ASSERT(now.speed_mps <= grid.speed_max_mps);
        RC_ASSERT(now.direction_degrees >= 0);
        RC_ASSERT(now.direction_degrees < 360);
        before = now;
    }
}

RC_GTEST_PROP(StreetGrid, ACarKeepsToTheStreetsOfTheCity, ()) {
    StreetGrid grid;
    grid.blocks_to_edge = 3;
    const auto track = wander(grid, Random(*rc::gen::arbitrary<std::uint64_t>()));
    for (int count = 0; count < 1'000; ++count) {
        // Half seconds are where the steps are; between them a car cuts corners.
        const auto [north_m, east_m] = offset(grid.centre, track->at(500ms * count).place);
        const auto from_street = [&](double metres) { return std::abs(std::remainder(metres, grid.block_m)); };
        RC_ASSERT(std::min(from_street(north_m), from_street(east_m)) < 0.1);
        RC_ASSERT(std::abs(north_m) <= 3 * grid.block_m + 0.1);
        RC_ASSERT(std::abs(east_m) <= 3 * grid.block_m + 0.1);
    }
}

TEST(StreetGrid, ACarTurnsStopsAndDrivesOn) {
    const auto track = wander(StreetGrid{}, Random(7));
    std::set<double> directions;
    int standing = 0;
    double way_m = 0;
    Place before = track->at(0ms).place;
    for (int second = 1; second <= 3'600; ++second) {
        const Fix now = track->at(1s * second);
        const double step_m = offset(before, now.place).length_m();
        way_m += step_m;
        standing += step_m < 0.01 ? 1 : 0;
        directions.insert(now.direction_degrees);
        before = now.place;
    }
    EXPECT_EQ(directions, (std::set<double>{0, 90, 180, 270}));
    EXPECT_GT(standing, 300);
    // 11 to 43 km/h on average is a city.
    EXPECT_GT(way_m, 11'000);
    EXPECT_LT(way_m, 43'000);
}

TEST(StreetGrid, TheSameNumberMakesTheSameTrackAndAnotherAnother) {
    const auto one = wander(StreetGrid{}, Random(1, 5));
    const auto same = wander(StreetGrid{}, Random(1, 5));
    const auto another = wander(StreetGrid{}, Random(1, 6));
    double apart_m = 0;
    for (int second = 0; second < 600; ++second) {
        const Place place = one->at(1s * second).place;
        EXPECT_EQ(offset(place, same->at(1s * second).place).length_m(), 0);
        apart_m = std::max(apart_m, offset(place, another->at(1s * second).place).length_m());
    }
    EXPECT_GT(apart_m, 100);
}

}  // namespace
}  // namespace twinfleet::simulator
