#include "capabilities/driver_positions/tracks/packed_position.hpp"

#include <cmath>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace twinfleet::driver_positions {
namespace {

TEST(PackedPositionTest, IsSmall) {
    EXPECT_EQ(pack({}).size(), 9U);
    EXPECT_EQ(pack({.speed_mps = 1, .direction_deg = 2, .accuracy_m = 3}).size(), 17U);
}

TEST(PackedPositionTest, HoldsTheEndsOfEveryField) {
    for (const Position& position :
         {Position{.point = {.lat = 90, .lon = 180}, .speed_mps = 100, .direction_deg = 360, .accuracy_m = 0},
          Position{.point = {.lat = -90, .lon = -180}, .speed_mps = 0, .direction_deg = 0, .accuracy_m = 1'000'000},
          Position{.point = {.lat = 56.8526123, .lon = -53.2045678}, .timestamp_ms = 1'714'564'799'123}}) {
        EXPECT_EQ(unpack(pack(position), position.timestamp_ms), position);
    }
    EXPECT_DOUBLE_EQ(rounded({.accuracy_m = 1e300}).accuracy_m.value(), 42'949'672.95);
}

/// The bytes are in stores that outlive a version of the program.
TEST(PackedPositionTest, StaysTheSameFromVersionToVersion) {
    const Position position{
        .point = {.lat = 1e-7, .lon = -1e-7}, .speed_mps = 2.58, .direction_deg = 2.57, .accuracy_m = 0.01};
    EXPECT_EQ(pack(position), std::string("\x17\x01\0\0\0\xff\xff\xff\xff\x02\x01\x01\x01\x01\0\0\0", 17));
}

TEST(PackedPositionTest, IsNotReadFromWhatItIsNot) {
    const std::string good = pack({.speed_mps = 1});
    EXPECT_TRUE(unpack(good, 0));
    EXPECT_FALSE(unpack("", 0));
    EXPECT_FALSE(unpack(good + "x", 0));
    EXPECT_FALSE(unpack(good.substr(1), 0));
    EXPECT_FALSE(unpack("\x21" + good.substr(1), 0)) << "a later version";
    EXPECT_FALSE(unpack("\x19" + good.substr(1), 0)) << "a field it does not know";
}

RC_GTEST_PROP(PackedPositionProperties, IsWithinItsPrecision, ()) {
    const auto between = [](int from, int to) {
        return *rc::gen::inRange(from * 1'000, to * 1'000 + 1) / 1'000.0 + *rc::gen::inRange(0, 1'000) * 1e-9;
    };
    const auto maybe = [](double value) { return *rc::gen::arbitrary<bool>() ? std::optional(value) : std::nullopt; };
    const Position position{.point = {.lat = between(-90, 89), .lon = between(-180, 179)},
                            .timestamp_ms = *rc::gen::arbitrary<std::int64_t>(),
                            .speed_mps = maybe(between(0, 99)),
                            .direction_deg = maybe(between(0, 359)),
                            .accuracy_m = maybe(between(0, 5'000))};
    const Position found = rounded(position);
    const auto is_near = [](const std::optional<double>& left, const std::optional<double>& right, double distance) {
        return left.has_value() == right.has_value() && (!left || std::abs(*left - *right) <= distance);
    };
    RC_ASSERT(found.timestamp_ms == position.timestamp_ms);
    RC_ASSERT(is_near(found.point.lat, position.point.lat, 0.51e-7));
    RC_ASSERT(is_near(found.point.lon, position.point.lon, 0.51e-7));
    RC_ASSERT(is_near(found.speed_mps, position.speed_mps, 0.0051));
    RC_ASSERT(is_near(found.direction_deg, position.direction_deg, 0.0051));
    RC_ASSERT(is_near(found.accuracy_m, position.accuracy_m, 0.0051));
    RC_ASSERT(rounded(found) == found);
}

RC_GTEST_PROP(PackedPositionProperties, NoBytesBreakIt, (std::string bytes)) {
    // What is random is nearly never good otherwise.
    if (bytes.size() >= 9 && *rc::gen::arbitrary<bool>()) {
        bytes[0] = '\x10';
        bytes.resize(9);
    }
    if (const auto position = unpack(bytes, 0)) {
        RC_ASSERT(pack(*position) == bytes);
    }
}

}  // namespace
}  // namespace twinfleet::driver_positions
