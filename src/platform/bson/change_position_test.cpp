#include "platform/bson/change_position.hpp"

#include <limits>

#include <gtest/gtest.h>

#include "platform/bson/builder.hpp"

namespace twinfleet::bson {
namespace {

constexpr std::int64_t least_ms = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t greatest_ms = std::numeric_limits<std::int64_t>::max();
constexpr std::uint32_t greatest = std::numeric_limits<std::uint32_t>::max();
constexpr Timestamp last_timestamp{greatest, greatest};

ChangeTime at(std::uint32_t seconds, std::uint32_t increment = 0) {
    return ChangeTime::of(Timestamp{seconds, increment});
}

TEST(ChangeTime, IsWhatUpdatedTsSays) {
    EXPECT_EQ(ChangeTime::of(from_json(R"({"updated_ts": {"$timestamp": {"t": 5, "i": 1}}})")), at(5, 1));
    EXPECT_EQ(ChangeTime::of(from_json(R"({"updated_ts": {"$date": {"$numberLong": "-7"}}})")),
              ChangeTime::of_date(-7));
}

TEST(ChangeTime, IsNoneForOtherTypes) {
    EXPECT_EQ(ChangeTime::of(from_json(R"({"updated_ts": "yesterday"})")), ChangeTime{});
    EXPECT_EQ(ChangeTime::of(from_json(R"({"updated_ts": 5})")), ChangeTime{});
    EXPECT_EQ(ChangeTime::of(from_json(R"({})")), ChangeTime{});
}

TEST(ChangeTime, TimestampsCompareUnsignedSecondsFirst) {
    EXPECT_LT(at(1, 9), at(2, 0));
    EXPECT_LT(at(2, 0), at(2, 1));
    EXPECT_LT(at(1), at(2'000'000'000));
    EXPECT_LT(at(2'000'000'000), at(2'200'000'000)) << "beyond 2038";
    EXPECT_LT(at(1), ChangeTime::of(last_timestamp));
}

TEST(ChangeTime, DatesCompareSigned) {
    EXPECT_LT(ChangeTime::of_date(-1), ChangeTime::of_date(0));
    EXPECT_LT(ChangeTime::of_date(least_ms), ChangeTime::of_date(greatest_ms));
}

TEST(ChangeTime, OfTwoKindsAreNeitherEarlierNorLater) {
    const auto date = ChangeTime::of_date(1);
    EXPECT_FALSE(date < at(5) || date > at(5));
    EXPECT_FALSE(ChangeTime{} < ChangeTime{} || ChangeTime{} > ChangeTime{});
}

TEST(ChangeTime, InMilliseconds) {
    EXPECT_EQ(at(7, 3).milliseconds(), 7'000);
    EXPECT_EQ(ChangeTime::of(last_timestamp).milliseconds(), 4'294'967'295'000);
    EXPECT_EQ(ChangeTime::of_date(-7).milliseconds(), -7);
    EXPECT_EQ(ChangeTime{}.milliseconds(), std::nullopt);
}

TEST(ChangeTime, IsCutAtALimit) {
    EXPECT_EQ(at(4'000'000'000, 7).not_after(100'500), at(100));
    EXPECT_EQ(ChangeTime::of_date(4'000'000'000'000).not_after(100'500), ChangeTime::of_date(100'500));
    EXPECT_EQ(at(99, 7).not_after(100'500), at(99, 7));
    EXPECT_EQ(ChangeTime{}.not_after(100'500), ChangeTime{});
}

TEST(ChangeTime, OfATimeBeyondWhatATimestampHoldsIsTheLastSecond) {
    EXPECT_EQ(timestamp_of(greatest_ms), (Timestamp{greatest, 0}));
    EXPECT_EQ(timestamp_of(5'000'000'000'000), (Timestamp{greatest, 0}));
    EXPECT_EQ(timestamp_of(5'999), (Timestamp{5, 0}));
    EXPECT_EQ(timestamp_of(-5'999), Timestamp{});
    EXPECT_EQ(timestamp_of(least_ms), Timestamp{});
}

TEST(ChangePosition, NeverGoesBackAndKeepsTheTypesApart) {
    ChangePosition position;
    position.advance(at(10, 2));
    position.advance(at(9));
    EXPECT_EQ(position, (ChangePosition{.timestamp = Timestamp{10, 2}, .date_ms = std::nullopt}));
    position.advance(ChangeTime::of_date(5'000));
    position.advance(ChangeTime::of_date(-1));
    position.advance(ChangeTime{});
    EXPECT_EQ(position, (ChangePosition{.timestamp = Timestamp{10, 2}, .date_ms = 5'000}));
}

TEST(ChangePosition, AdvancesToTheLaterOfTwoOfEachType) {
    ChangePosition position{.timestamp = Timestamp{10, 2}, .date_ms = 5};
    position.advance(ChangePosition{.timestamp = Timestamp{10, 3}, .date_ms = 4});
    EXPECT_EQ(position, (ChangePosition{.timestamp = Timestamp{10, 3}, .date_ms = 5}));
    position.advance(ChangePosition{});
    EXPECT_EQ(position, (ChangePosition{.timestamp = Timestamp{10, 3}, .date_ms = 5}));
    ChangePosition nowhere;
    nowhere.advance(ChangePosition{.timestamp = std::nullopt, .date_ms = least_ms});
    EXPECT_EQ(nowhere, (ChangePosition{.timestamp = std::nullopt, .date_ms = least_ms}));
}

TEST(ChangePosition, CoversWhatIsAtItOrBefore) {
    const ChangePosition position{.timestamp = Timestamp{10, 2}, .date_ms = 5'000};
    EXPECT_TRUE(position.covers(at(10, 2)));
    EXPECT_TRUE(position.covers(at(9, 7)));
    EXPECT_FALSE(position.covers(at(10, 3)));
    EXPECT_TRUE(position.covers(ChangeTime::of_date(5'000)));
    EXPECT_TRUE(position.covers(ChangeTime::of_date(least_ms)));
    EXPECT_FALSE(position.covers(ChangeTime::of_date(5'001)));
    EXPECT_FALSE(position.covers(ChangeTime{}));
    EXPECT_FALSE(position.covers(ChangeTime::of(last_timestamp)));
    EXPECT_FALSE(ChangePosition{}.covers(at(0)));
    EXPECT_FALSE(ChangePosition{}.covers(ChangeTime::of_date(least_ms)));
}

TEST(ChangePosition, IsCutAtALimitOfEachType) {
    const ChangePosition position{.timestamp = Timestamp{100, 5}, .date_ms = 100'000};
    EXPECT_EQ(position.not_after(95'500), (ChangePosition{.timestamp = Timestamp{95, 0}, .date_ms = 95'500}));
    EXPECT_EQ(position.not_after(greatest_ms), position);
    EXPECT_EQ(position.not_after(-1), (ChangePosition{.timestamp = Timestamp{}, .date_ms = -1}));
    EXPECT_EQ(ChangePosition{}.not_after(95'500), ChangePosition{});
}

TEST(ChangePosition, JustBeforeItselfCoversAllButItself) {
    EXPECT_EQ((ChangePosition{.timestamp = Timestamp{100, 5}, .date_ms = 0}).just_before(),
              (ChangePosition{.timestamp = Timestamp{100, 4}, .date_ms = -1}));
    EXPECT_EQ((ChangePosition{.timestamp = Timestamp{100, 0}, .date_ms = std::nullopt}).just_before(),
              (ChangePosition{.timestamp = Timestamp{99, greatest}, .date_ms = std::nullopt}));
    EXPECT_EQ((ChangePosition{.timestamp = last_timestamp, .date_ms = greatest_ms}).just_before(),
              (ChangePosition{.timestamp = Timestamp{greatest, greatest - 1}, .date_ms = greatest_ms - 1}));
    EXPECT_EQ((ChangePosition{.timestamp = Timestamp{0x80000000, 0}, .date_ms = std::nullopt}).just_before(),
              (ChangePosition{.timestamp = Timestamp{0x7fffffff, greatest}, .date_ms = std::nullopt}));
}

TEST(ChangePosition, BeforeTheLeastOfATypeNothingHasBeenRead) {
    EXPECT_EQ((ChangePosition{.timestamp = Timestamp{}, .date_ms = least_ms}).just_before(), ChangePosition{});
    EXPECT_EQ(ChangePosition{}.just_before(), ChangePosition{});
}

TEST(ChangePosition, BeginsAgainBehindItself) {
    const ChangePosition position{.timestamp = Timestamp{100, 5}, .date_ms = 100'000};
    EXPECT_EQ(position.behind(1'500), (ChangePosition{.timestamp = Timestamp{98, 0}, .date_ms = 98'500}));
    EXPECT_EQ(position.behind(0), (ChangePosition{.timestamp = Timestamp{100, 0}, .date_ms = 100'000}));
    EXPECT_EQ(position.behind(200'000).timestamp, Timestamp{});
    EXPECT_EQ(ChangePosition{}.behind(1'000), ChangePosition{});
    EXPECT_EQ(ChangePosition{}.behind(1'000, 5'000), ChangePosition{});
}

TEST(ChangePosition, StaysWhereEverythingBeforeHasSettled) {
    const ChangePosition position{.timestamp = Timestamp{100, 5}, .date_ms = 100'000};
    EXPECT_EQ(position.behind(10'000, 95'500), (ChangePosition{.timestamp = Timestamp{95, 0}, .date_ms = 95'500}));
    EXPECT_EQ(position.behind(10'000, 1'000'000), position);
    EXPECT_EQ(position.behind(10'000, 80'000), position.behind(10'000));
}

TEST(ChangePosition, MovedBackStaysAtTheEndsOfItsTypes) {
    const ChangePosition least{.timestamp = Timestamp{}, .date_ms = least_ms};
    EXPECT_EQ(least.behind(10'000), least);
    EXPECT_EQ(least.behind(10'000, 95'500), least);
    EXPECT_EQ(least.behind(greatest_ms), least);
    EXPECT_EQ((ChangePosition{.timestamp = Timestamp{9, 9}, .date_ms = least_ms + 9'999}).behind(10'000), least);
    EXPECT_EQ((ChangePosition{.timestamp = Timestamp{11, 9}, .date_ms = least_ms + 10'001}).behind(10'000),
              (ChangePosition{.timestamp = Timestamp{1, 0}, .date_ms = least_ms + 1}));
    const ChangePosition last{.timestamp = last_timestamp, .date_ms = greatest_ms};
    EXPECT_EQ(last.behind(greatest_ms), (ChangePosition{.timestamp = Timestamp{}, .date_ms = 0}));
    EXPECT_EQ(last.behind(1), (ChangePosition{.timestamp = Timestamp{greatest - 1, 0}, .date_ms = greatest_ms - 1}));
    EXPECT_EQ(last.behind(10'000, greatest_ms),
              (ChangePosition{.timestamp = Timestamp{greatest, 0}, .date_ms = greatest_ms}));
}

}  // namespace
}  // namespace twinfleet::bson
