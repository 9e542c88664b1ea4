#include "simulator/virtual_driver/position_batch.hpp"

#include <map>
#include <set>

#include <boost/json/array.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "platform/clock/time_text.hpp"
#include "platform/json/object_reader.hpp"
#include "simulator/tracks/street_grid.hpp"

namespace twinfleet::simulator {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr platform::Time wall_time{std::chrono::seconds(1'700'000'000)};

std::vector<std::string> times_of(const PositionBatch& batch) {
    std::vector<std::string> times;
    const auto body = json::parse_object(batch.body);
    for (const auto& position : body.at("positions").as_array()) {
        times.emplace_back(position.at("timestamp").as_string());
    }
    return times;
}

class PositionBatchTest : public ::testing::Test {
protected:
    PositionBatch make(bool is_shuffled, bool has_bad_position) {
        const BatchPlan plan{.first = wall_time - 60s,
                             .interval = 2s,
                             .count = 10,
                             .is_shuffled = is_shuffled,
                             .has_bad_position = has_bad_position};
        const auto track = wander(StreetGrid{}, Random(4));
        return make_batch(plan, *track, wall_time - 60s, wall_time, random_);
    }
    Random random_{5};
};

TEST_F(PositionBatchTest, IsOfPositionsInTheOrderOfTime) {
    const auto batch = make(false, false);
    EXPECT_EQ(batch.positions, 10U);
    EXPECT_EQ(batch.accepted, 10U);
    EXPECT_THAT(batch.rejections, IsEmpty());
    ASSERT_THAT(batch.stored, SizeIs(10));
    EXPECT_EQ(batch.stored[1].time, wall_time - 58s);
    const auto times = times_of(batch);
    ASSERT_THAT(times, SizeIs(10));
    for (std::size_t index = 0; index < times.size(); ++index) {
        EXPECT_EQ(times[index], platform::time_text(batch.stored[index].time));
    }
}

TEST_F(PositionBatchTest, CoordinatesTravelAsTheyAreRemembered) {
    const auto batch = make(false, false);
    const auto body = json::parse_object(batch.body);
    for (std::size_t index = 0; index < batch.stored.size(); ++index) {
        const auto& position = body.at("positions").as_array()[index];
        EXPECT_EQ(position.at("lat").as_double(), batch.stored[index].place.latitude);
        EXPECT_EQ(position.at("lon").as_double(), batch.stored[index].place.longitude);
    }
}

TEST_F(PositionBatchTest, ShuffledItHoldsOneTwice) {
    const auto batch = make(true, false);
    EXPECT_EQ(batch.positions, 11U);
    EXPECT_EQ(batch.accepted, 11U);
    EXPECT_THAT(batch.stored, SizeIs(10));
    const auto times = times_of(batch);
    ASSERT_THAT(times, SizeIs(11));
    EXPECT_FALSE(std::is_sorted(times.begin(), times.end()));
    EXPECT_THAT(std::set<std::string>(times.begin(), times.end()), SizeIs(10));
}

TEST_F(PositionBatchTest, EachWayToBeBadComesUpAndIsNotExpectedInTheTrack) {
    std::map<std::string, int> codes;
    for (int count = 0; count < 200; ++count) {
        const auto batch = make(count % 2 == 0, true);
        ASSERT_THAT(batch.rejections, SizeIs(1));
        EXPECT_EQ(batch.accepted, batch.positions - 1);
        ++codes[batch.rejections[0].code];
        const auto times = times_of(batch);
        const auto& bad_time = times.at(batch.rejections[0].index);
        for (const auto& point : batch.stored) {
            EXPECT_NE(bad_time, platform::time_text(point.time));
        }
    }
    std::vector<std::string> names;
    for (const auto& [code, times] : codes) {
        names.push_back(code);
    }
    EXPECT_THAT(names, ElementsAre("bad_coordinates", "bad_field", "bad_speed", "in_future", "too_old"));
}

}  // namespace
}  // namespace twinfleet::simulator
