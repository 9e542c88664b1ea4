#include "platform/incremental_cache/version.hpp"

#include <gtest/gtest.h>

#include "platform/bson/builder.hpp"

namespace twinfleet::incremental_cache {
namespace {

Version timestamp(std::uint32_t seconds, std::uint32_t increment = 0) {
    return {Version::Kind::timestamp, packed({seconds, increment})};
}

TEST(Version, TimestampsCompareUnsignedSecondsFirst) {
    EXPECT_LT(timestamp(1, 9), timestamp(2, 0));
    EXPECT_LT(timestamp(2, 0), timestamp(2, 1));
    EXPECT_LT(timestamp(1), timestamp(2'000'000'000));
}

TEST(Version, OfTwoKindsAreNeitherEarlierNorLater) {
    const Version date{Version::Kind::date, 1};
    EXPECT_FALSE(date < timestamp(5) || date > timestamp(5));
    EXPECT_FALSE(Version{} < Version{} || Version{} > Version{});
}

TEST(Version, IsNoneForOtherTypes) {
    EXPECT_EQ(Version::of(bson::from_json(R"({"updated_ts": "yesterday"})")), Version{});
    EXPECT_EQ(Version::of(bson::from_json(R"({})")), Version{});
    EXPECT_EQ(Version::of(bson::from_json(R"({"updated_ts": {"$timestamp": {"t": 5, "i": 1}}})")), timestamp(5, 1));
}

TEST(Watermark, NeverGoesBackAndKeepsTheTypesApart) {
    Watermark watermark;
    watermark.raise(timestamp(10, 2), 100'000);
    watermark.raise(timestamp(9), 100'000);
    EXPECT_EQ(watermark.timestamp, (bson::Timestamp{10, 2}));
    EXPECT_EQ(watermark.date_ms, std::nullopt);
    watermark.raise({Version::Kind::date, 5'000}, 100'000);
    EXPECT_EQ(watermark.date_ms, 5'000);
    watermark.raise(Version{}, 100'000);
    EXPECT_EQ(watermark.timestamp, (bson::Timestamp{10, 2}));
}

TEST(Watermark, TheFutureCountsAsNow) {
    Watermark watermark;
    watermark.raise(timestamp(4'000'000'000), 100'500);
    watermark.raise({Version::Kind::date, 4'000'000'000'000}, 100'500);
    EXPECT_EQ(watermark.timestamp, (bson::Timestamp{100, 0}));
    EXPECT_EQ(watermark.date_ms, 100'500);
}

TEST(Watermark, BeginsAgainBehindItself) {
    const Watermark watermark{.timestamp = bson::Timestamp{100, 5}, .date_ms = 100'000};
    EXPECT_EQ(watermark.behind(1'500), (Watermark{.timestamp = bson::Timestamp{98, 0}, .date_ms = 98'500}));
    EXPECT_EQ(watermark.behind(200'000).timestamp, (bson::Timestamp{0, 0}));
    EXPECT_EQ(Watermark{}.behind(1'000), Watermark{});
    EXPECT_EQ(Watermark{}.behind(1'000, 5'000), Watermark{});
}

TEST(Watermark, StaysWhereEverythingBeforeHasSettled) {
    const Watermark watermark{.timestamp = bson::Timestamp{100, 5}, .date_ms = 100'000};
    EXPECT_EQ(watermark.behind(10'000, 95'500), (Watermark{.timestamp = bson::Timestamp{95, 0}, .date_ms = 95'500}));
    EXPECT_EQ(watermark.behind(10'000, 1'000'000), watermark);
    EXPECT_EQ(watermark.behind(10'000, 80'000), watermark.behind(10'000));
}

}  // namespace
}  // namespace twinfleet::incremental_cache
