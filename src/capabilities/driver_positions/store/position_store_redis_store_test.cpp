#include <barrier>
#include <map>
#include <random>
#include <sstream>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "capabilities/driver_positions/store/position_store_redis.hpp"
#include "capabilities/driver_positions/sweeping/sweeper.hpp"
#include "capabilities/driver_positions/testing/fakes.hpp"
#include "capabilities/driver_positions/tracks/packed_position.hpp"
#include "platform/clock/testing/manual_clock.hpp"
#include "platform/errors/store_error.hpp"
#include "tests/support/redis_server.hpp"

namespace twinfleet::driver_positions {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::int64_t milliseconds(platform::Time time) {
    return std::chrono::floor<std::chrono::milliseconds>(time).time_since_epoch().count();
}

/// As redis_tag() makes them.
std::string tag_of(std::uint64_t number) {
    std::mt19937_64 random(number);
    std::string tag;
    while (tag.size() < 32) {
        tag += "0123456789abcdef"[random() % 16];
    }
    return tag;
}

class RedisPositionStoreTest : public ::testing::Test {
protected:
    std::size_t add(const std::string& tag, std::vector<Position> positions, const std::string& family = "vezet") {
        return store_.add({.tag = tag, .family = family}, positions, now_).added;
    }
    Position at(std::int64_t seconds_ago, GeoPoint point = {.lat = 56.85, .lon = 53.2}) const {
        return {.point = point, .timestamp_ms = milliseconds(now_) - seconds_ago * 1'000};
    }
    std::vector<LatestPosition> search(double radius_m = 50'000, GeoPoint centre = {.lat = 56.85, .lon = 53.2},
                                       std::size_t count_max = 100, const std::string& family = "vezet") {
        return store_.search(family, {.centre = centre, .radius_m = radius_m}, count_max);
    }
    TrackPage whole_track(const std::string& tag) {
        return store_.track(
            tag, {.from_ms = milliseconds(now_ - std::chrono::days(3)), .to_ms = milliseconds(now_) + 60'001}, 100'000);
    }
    redis::Reply call(std::initializer_list<std::string_view> parts) const { return redis_.pool().call(parts); }
    std::vector<std::string> keys(std::string_view pattern) const { return redis_.keys(pattern); }
    /// How many commands all servers have run, of scripts as well, since the last call, but for those of this function.
    std::size_t commands_run() const {
        std::size_t run = 0;
        for (const auto& stats : redis_.on_every_server({"INFO", "commandstats"})) {
            std::istringstream lines(stats.text());
            for (std::string line; std::getline(lines, line);) {
                const auto calls = line.find(":calls=");
                if (calls != std::string::npos && line.find("info") == std::string::npos &&
                    line.find("config") == std::string::npos && line.find("cluster") == std::string::npos) {
                    run += std::stoul(line.substr(calls + 7));
                }
            }
        }
        redis_.on_every_server({"CONFIG", "RESETSTAT"});
        return run;
    }

    const twinfleet::testing::TestRedis redis_;
    /// The server's clock decides what expires.
    const platform::Time now_ = platform::SystemClock().now();
    const PositionSettings settings_{};
    RedisPositionStore store_{redis_.pool(), settings_};
};

TEST_F(RedisPositionStoreTest, KeepsATrackByTime) {
    const std::string tag = tag_of(1);
    EXPECT_EQ(add(tag, {at(5), at(700), at(3'000)}), 3U);
    EXPECT_EQ(add(tag, {at(10), at(1)}), 2U);
    EXPECT_THAT(whole_track(tag).positions, ElementsAre(at(3'000), at(700), at(10), at(5), at(1)));
    EXPECT_THAT(whole_track(tag_of(2)).positions, IsEmpty());
}

TEST_F(RedisPositionStoreTest, AddsToManyTracksTogether) {
    const std::vector<Position> one{at(5)};
    const std::vector<Position> two{at(4), at(3)};
    const std::vector<Position> again{at(5), at(2)};
    const std::vector<Addition> additions{{.owner = {.tag = tag_of(1), .family = "vezet"}, .positions = one},
                                          {.owner = {.tag = tag_of(2), .family = "taximeter"}, .positions = two},
                                          {.owner = {.tag = tag_of(1), .family = "vezet"}, .positions = again}};
    const auto outcomes = store_.add_each(additions, now_);
    ASSERT_EQ(outcomes.size(), 3U);
    EXPECT_EQ(outcomes[0].value(), AddOutcome{.added = 1});
    EXPECT_EQ(outcomes[1].value(), AddOutcome{.added = 2});
    EXPECT_EQ(outcomes[2].value(), AddOutcome{.added = 1}) << "in their order";
    EXPECT_THAT(whole_track(tag_of(1)).positions, ElementsAre(at(5), at(2)));
    EXPECT_THAT(whole_track(tag_of(2)).positions, ElementsAre(at(4), at(3)));
    ASSERT_EQ(search().size(), 1U);
    EXPECT_EQ(search().front().timestamp_ms, at(2).timestamp_ms);
    EXPECT_TRUE(store_.add_each({}, now_).empty());
}

TEST_F(RedisPositionStoreTest, WhoHasUsedUpHisQuotaKeepsNobodyElseFromAdding) {
    PositionSettings strict = settings_;
    strict.track_burst_positions = 1;
    RedisPositionStore store(redis_.pool(), strict);
    const std::vector<Position> first{at(5)};
    const std::vector<Position> second{at(4)};
    const std::vector<Addition> additions{{.owner = {.tag = tag_of(1), .family = "vezet"}, .positions = first},
                                          {.owner = {.tag = tag_of(1), .family = "vezet"}, .positions = second},
                                          {.owner = {.tag = tag_of(2), .family = "vezet"}, .positions = second}};
    const auto outcomes = store.add_each(additions, now_);
    EXPECT_EQ(outcomes[0].value().kind, AddOutcome::Kind::stored);
    EXPECT_EQ(outcomes[1].value().kind, AddOutcome::Kind::quota_used_up);
    EXPECT_EQ(outcomes[2].value().kind, AddOutcome::Kind::stored);
}

TEST_F(RedisPositionStoreTest, StoresARepeatedTimestampOnce) {
    const std::string tag = tag_of(1);
    EXPECT_EQ(add(tag, {at(5), at(5), at(4)}), 2U);
    EXPECT_EQ(add(tag, {at(4), at(3), at(5)}), 1U);
    EXPECT_THAT(whole_track(tag).positions, ElementsAre(at(5), at(4), at(3)));
}

TEST_F(RedisPositionStoreTest, ShowsWhatBelongsToTheSpanOnly) {
    const std::string tag = tag_of(1);
    static_cast<void>(add(tag, {at(30), at(20), at(10)}));
    const auto span = [&](std::int64_t from_ago, std::int64_t to_ago, std::size_t limit = 10) {
        return store_.track(tag, {.from_ms = at(from_ago).timestamp_ms, .to_ms = at(to_ago).timestamp_ms}, limit);
    };
    EXPECT_THAT(span(30, 10).positions, ElementsAre(at(30), at(20)));
    EXPECT_THAT(span(29, 9).positions, ElementsAre(at(20), at(10)));
    EXPECT_THAT(span(10, 10).positions, IsEmpty());
    EXPECT_THAT(span(9, 31).positions, IsEmpty());
    EXPECT_FALSE(span(30, 10, 2).has_more);
    EXPECT_TRUE(span(30, 10, 1).has_more);
}

TEST_F(RedisPositionStoreTest, LetsATrackExpireAfterItsRetention) {
    const std::string tag = tag_of(1);
    static_cast<void>(add(tag, {at(3'600), at(0)}));
    const auto buckets = keys("driver_track:*");
    std::int64_t last_end_ms = 0;
    for (const auto& key : buckets) {
        EXPECT_TRUE(key.starts_with("driver_track:{" + tag + "}:")) << key;
        const std::int64_t bucket = std::stoll(key.substr(key.rfind(':') + 1));
        const std::int64_t end_ms = (bucket + 1) * 300'000 + std::int64_t{3} * 24 * 3'600'000;
        EXPECT_EQ(call({"PEXPIRETIME", key}).integer(), end_ms);
        last_end_ms = std::max(last_end_ms, end_ms);
    }
    EXPECT_EQ(buckets.size(), 2U);
    EXPECT_EQ(call({"PEXPIRETIME", "driver_track_index:{" + tag + "}"}).integer(), last_end_ms);
}

TEST_F(RedisPositionStoreTest, ShowsATrackOfWhichSomeHasExpired) {
    const std::string tag = tag_of(1);
    static_cast<void>(add(tag, {at(7'200), at(3'600), at(1'800), at(0)}));
    auto buckets = keys("driver_track:*");
    std::ranges::sort(buckets);
    for (std::size_t i = 0; i + 1 < buckets.size(); ++i) {
        static_cast<void>(call({"DEL", buckets[i]}));
    }
    const TrackPage page = store_.track(tag, {.from_ms = 0, .to_ms = milliseconds(now_) + 1}, 1);
    EXPECT_THAT(page.positions, ElementsAre(at(0)));
    EXPECT_FALSE(page.has_more);
}

TEST_F(RedisPositionStoreTest, TheIndexForgetsWhatHasExpired) {
    const std::string tag = tag_of(1);
    const std::string index = "driver_track_index:{" + tag + "}";
    const std::vector<Position> old{at(0)};
    static_cast<void>(store_.add({.tag = tag, .family = "vezet"}, old, now_));
    EXPECT_EQ(call({"ZCARD", index}).integer(), 1);
    // When it cleans up.
    const platform::Time later{std::chrono::milliseconds(milliseconds(now_ + std::chrono::days(4)) / 8 * 8)};
    const std::vector<Position> positions{{.point = old[0].point, .timestamp_ms = milliseconds(later)}};
    static_cast<void>(store_.add({.tag = tag, .family = "vezet"}, positions, later));
    EXPECT_EQ(call({"ZCARD", index}).integer(), 1);
}

TEST_F(RedisPositionStoreTest, APageCostsAFewCommandsHoweverLongTheSpan) {
    const std::string tag = tag_of(1);
    static_cast<void>(whole_track(tag));
    // An hour of it, a position a second.
    for (std::int64_t ago = 3'600; ago > 0; ago -= 100) {
        std::vector<Position> batch;
        for (std::int64_t second = 0; second < 100; ++second) {
            batch.push_back(at(ago - second));
        }
        static_cast<void>(add(tag, batch));
    }
    const TimeSpan all{.from_ms = milliseconds(now_ - std::chrono::days(3)), .to_ms = milliseconds(now_) + 60'001};
    static_cast<void>(commands_run());
    EXPECT_EQ(store_.track(tag, all, 1).positions.size(), 1U);
    EXPECT_LE(commands_run(), 3U) << "the index, and the first bucket, and perhaps another one";
    EXPECT_EQ(store_.track(tag, all, 1'000).positions.size(), 1'000U);
    EXPECT_LE(commands_run(), 8U);
    EXPECT_THAT(store_.track(tag_of(2), all, 1'000).positions, IsEmpty());
    EXPECT_EQ(commands_run(), 1U) << "somebody without a track";
}

TEST_F(RedisPositionStoreTest, APageOfASparseTrackCostsACommandForEachPosition) {
    const std::string tag = tag_of(1);
    for (std::int64_t i = 0; i < 200; ++i) {
        static_cast<void>(add(tag, {at(i * 301)}));
    }
    static_cast<void>(commands_run());
    EXPECT_EQ(store_.track(tag, {.from_ms = 0, .to_ms = milliseconds(now_) + 1}, 50).positions.size(), 50U);
    EXPECT_LE(commands_run(), 60U);
}

TEST_F(RedisPositionStoreTest, SearchesByFamily) {
    const std::string tag = tag_of(1);
    static_cast<void>(add(tag, {at(1)}));
    static_cast<void>(add(tag_of(2), {at(1)}, "taximeter"));
    ASSERT_EQ(search().size(), 1U);
    const LatestPosition found = search().front();
    EXPECT_EQ(found.tag, tag);
    EXPECT_EQ(found.timestamp_ms, at(1).timestamp_ms);
    EXPECT_LT(testing::distance_m(found.point, at(1).point), 1);
    EXPECT_LT(found.distance_m, 1);
}

TEST_F(RedisPositionStoreTest, NeverGoesBackInTime) {
    const std::string tag = tag_of(1);
    const GeoPoint elsewhere{.lat = 56.9, .lon = 53.3};
    static_cast<void>(add(tag, {at(10, elsewhere), at(5), at(20, elsewhere)}));
    EXPECT_LT(search().front().distance_m, 1);
    static_cast<void>(add(tag, {at(6, elsewhere)}));
    EXPECT_LT(search().front().distance_m, 1);
    static_cast<void>(add(tag, {at(5, elsewhere)}));
    EXPECT_LT(search().front().distance_m, 1) << "the same moment";
    static_cast<void>(add(tag, {at(4, elsewhere)}));
    EXPECT_GT(search().front().distance_m, 5'000);
    EXPECT_EQ(search().size(), 1U);
}

TEST_F(RedisPositionStoreTest, AnOldPositionThatComesLateMovesNobody) {
    const std::string tag = tag_of(1);
    const GeoPoint elsewhere{.lat = 56.9, .lon = 53.3};
    static_cast<void>(add(tag, {at(0)}));
    EXPECT_EQ(add(tag, {at(100, elsewhere)}), 1U) << "it is in the track";
    EXPECT_LT(search().front().distance_m, 1);
}

TEST_F(RedisPositionStoreTest, APositionFromTheFutureCountsAsOneOfNow) {
    const std::string tag = tag_of(1);
    const GeoPoint elsewhere{.lat = 56.9, .lon = 53.3};
    static_cast<void>(add(tag, {at(-55, elsewhere)}));
    EXPECT_GT(search().front().distance_m, 5'000);
    EXPECT_EQ(search().front().timestamp_ms, milliseconds(now_));
    static_cast<void>(add(tag, {at(5)}));
    EXPECT_GT(search().front().distance_m, 5'000) << "older than what came last";
    const Position present{.point = {.lat = 56.85, .lon = 53.2}, .timestamp_ms = milliseconds(now_) + 20};
    static_cast<void>(store_.add({.tag = tag, .family = "vezet"}, std::span(&present, 1), now_ + 30ms));
    EXPECT_LT(search().front().distance_m, 1) << "the phone's clock was put right";
}

TEST_F(RedisPositionStoreTest, PositionsFromTheFutureDoNotOvertakeEachOther) {
    const std::string tag = tag_of(1);
    const GeoPoint elsewhere{.lat = 56.9, .lon = 53.3};
    const auto add_at = [&](std::chrono::milliseconds later, const Position& position) {
        static_cast<void>(store_.add({.tag = tag, .family = "vezet"}, std::span(&position, 1), now_ + later));
    };
    add_at(0ms, at(-51));
    add_at(5ms, at(-50, elsewhere));
    EXPECT_LT(search().front().distance_m, 1) << "sent earlier, arrived later";
    add_at(10ms, at(-52, elsewhere));
    EXPECT_GT(search().front().distance_m, 5'000);
    const auto forget = milliseconds(now_) + 1'000;
    EXPECT_EQ(store_.remove_older("vezet", std::stoul(tag.substr(0, 2), nullptr, 16) % settings_.shards, forget, 10),
              1U);
    EXPECT_TRUE(redis_.keys("driver_ahead:*").empty());
}

TEST_F(RedisPositionStoreTest, APositionFarInTheFutureDoesNotHideOnesThatAreLessSo) {
    const std::string tag = tag_of(1);
    const GeoPoint elsewhere{.lat = 56.9, .lon = 53.3};
    const auto add_at = [&](std::chrono::milliseconds later, std::chrono::milliseconds ahead, const GeoPoint& point) {
        const Position position{.point = point, .timestamp_ms = milliseconds(now_ + later + ahead)};
        static_cast<void>(store_.add({.tag = tag, .family = "vezet"}, std::span(&position, 1), now_ + later));
    };
    const GeoPoint here{.lat = 56.85, .lon = 53.2};
    add_at(0ms, 55s, elsewhere);
    add_at(1s, 500ms, here);
    EXPECT_GT(search().front().distance_m, 5'000) << "the two may have overtaken each other";
    add_at(overtaking_max, 500ms, here);
    EXPECT_LT(search().front().distance_m, 1) << "the phone's clock was put right but for half a second";
    add_at(overtaking_max + 1s, 500ms, elsewhere);
    EXPECT_GT(search().front().distance_m, 5'000) << "and he drives on";
}

TEST_F(RedisPositionStoreTest, KeepsWhatCannotBeSearchedInTheTrack) {
    const std::string tag = tag_of(1);
    EXPECT_EQ(add(tag, {at(1, {.lat = 90, .lon = 0}), at(2, {.lat = -85.0512, .lon = 180}), at(121)}), 3U);
    EXPECT_EQ(whole_track(tag).positions.size(), 3U);
    EXPECT_THAT(keys("driver_geo:*"), IsEmpty()) << "too far north, or too old";
    static_cast<void>(add(tag, {at(1, {.lat = 85.0511287, .lon = -180}), at(0, {.lat = 86, .lon = 0})}));
    EXPECT_EQ(search(1'000, {.lat = 85.0511, .lon = 180}).size(), 1U);
    EXPECT_THAT(search(50'000, {.lat = 85.05112878, .lon = 180}), IsEmpty());
}

TEST_F(RedisPositionStoreTest, SearchesAcrossTheDateLine) {
    static_cast<void>(add(tag_of(1), {at(1, {.lat = -17, .lon = 179.99})}));
    static_cast<void>(add(tag_of(2), {at(1, {.lat = -17, .lon = -179.99})}));
    EXPECT_EQ(search(5'000, {.lat = -17, .lon = 180}).size(), 2U);
    EXPECT_EQ(search(5'000, {.lat = -17, .lon = -180}).size(), 2U);
    EXPECT_EQ(search(5'000, {.lat = -17, .lon = 179.97}).size(), 2U);
    static_cast<void>(add(tag_of(3), {at(1, {.lat = -17, .lon = 180})}));
    EXPECT_EQ(search(5'000, {.lat = -17, .lon = 179.97}).size(), 3U);
    EXPECT_EQ(search(5'000, {.lat = -17, .lon = -179.97}).size(), 3U);
}

TEST_F(RedisPositionStoreTest, ForgetsAShardThatNobodyWritesTo) {
    static_cast<void>(add(tag_of(1), {at(1)}));
    const auto shards = keys("driver_[gs]*");
    ASSERT_EQ(shards.size(), 2U);
    for (const auto& key : shards) {
        EXPECT_GT(call({"PTTL", key}).integer(), 3'500'000) << key;
    }
}

TEST_F(RedisPositionStoreTest, KeepsAShardThatOneDriverGoesOnWritingTo) {
    const std::string tag = tag_of(1);
    static_cast<void>(add(tag, {at(1)}));
    static_cast<void>(add(tag, {at(-30)}));
    const auto shards = keys("driver_[gsa]*:{vezet:*}");
    ASSERT_EQ(shards.size(), 3U) << "with what is ahead of its time";
    for (const auto& key : shards) {
        EXPECT_GT(call({"PTTL", key}).integer(), 3'500'000) << key;
        static_cast<void>(call({"PEXPIRE", key, "2900000"}));
    }
    // At the latest after a sixth of the hour.
    const platform::Time later = now_ + 10min;
    const std::vector<Position> positions{{.point = at(0).point, .timestamp_ms = milliseconds(later)}};
    static_cast<void>(store_.add({.tag = tag, .family = "vezet"}, positions, later));
    for (const auto& key : keys("driver_[gs]*:{vezet:*}")) {
        EXPECT_GT(call({"PTTL", key}).integer(), 3'500'000) << key;
    }
}

TEST_F(RedisPositionStoreTest, AddsAPositionWithFewCommands) {
    const std::string tag = tag_of(1);
    static_cast<void>(add(tag, {at(3)}));
    static_cast<void>(add(tag, {at(2)}));
    // Unless the next five or ten minutes have just begun.
    std::size_t least = SIZE_MAX;
    for (int i = 0; i < 3; ++i) {
        static_cast<void>(commands_run());
        const platform::Time now = now_ + std::chrono::milliseconds(i + 1);
        const std::vector<Position> one{{.point = at(0).point, .timestamp_ms = milliseconds(now)}};
        static_cast<void>(store_.add({.tag = tag, .family = "vezet"}, one, now));
        least = std::min(least, commands_run());
    }
    EXPECT_LE(least, 10U) << "two scripts, four commands in each";
}

TEST_F(RedisPositionStoreTest, FindsADriverOnceAfterTheNumberOfShardsChanged) {
    for (std::uint64_t i = 0; i < 20; ++i) {
        static_cast<void>(add(tag_of(i), {at(10)}));
    }
    PositionSettings fewer;
    fewer.shards = 3;
    RedisPositionStore after(redis_.pool(), fewer);
    for (std::uint64_t i = 0; i < 20; ++i) {
        const std::vector<Position> positions{at(1)};
        static_cast<void>(after.add({.tag = tag_of(i), .family = "vezet"}, positions, now_));
    }
    const auto found = after.search("vezet", {.centre = at(0).point, .radius_m = 100}, 100);
    EXPECT_EQ(found.size(), 20U);
    for (const auto& position : found) {
        EXPECT_EQ(position.timestamp_ms, at(1).timestamp_ms);
    }
}

TEST_F(RedisPositionStoreTest, FindsTheSameAsLookingAtEverybody) {
    std::mt19937_64 random(7);
    const auto between = [&](double from, double to) { return std::uniform_real_distribution(from, to)(random); };
    struct Area {
        GeoPoint centre;
        double spread_deg;
        double radius_m;
    };
    for (const Area& area :
         {Area{{.lat = 56.85, .lon = 53.2}, 0.3, 10'000}, Area{{.lat = 0.01, .lon = 179.95}, 0.2, 9'000},
          Area{{.lat = -84.9, .lon = 10}, 0.12, 8'000}, Area{{.lat = 41.9, .lon = -87.6}, 0.01, 50'000}}) {
        redis_.on_every_server({"FLUSHDB"});
        std::vector<std::pair<double, std::string>> expected;
        for (std::uint64_t i = 0; i < 300; ++i) {
            GeoPoint point{.lat = area.centre.lat + between(-area.spread_deg, area.spread_deg),
                           .lon = area.centre.lon + between(-area.spread_deg, area.spread_deg)};
            point.lon -= point.lon > 180 ? 360 : 0;
            static_cast<void>(add(tag_of(i), {at(1, point)}));
            if (const double distance = testing::distance_m(area.centre, point); distance <= area.radius_m) {
                expected.emplace_back(distance, tag_of(i));
            }
        }
        std::ranges::sort(expected);
        ASSERT_GT(expected.size(), 20U);
        const auto found = search(area.radius_m, area.centre, 1'000);
        // Redis rounds positions by up to 0.6 m.
        EXPECT_NEAR(static_cast<double>(found.size()), static_cast<double>(expected.size()), 1);
        for (std::size_t i = 0; i < std::min(found.size(), expected.size()); ++i) {
            EXPECT_NEAR(found[i].distance_m, expected[i].first, 1);
            EXPECT_TRUE(i == 0 || found[i - 1].distance_m <= found[i].distance_m);
        }
        const auto nearest = search(area.radius_m, area.centre, 10);
        ASSERT_EQ(nearest.size(), 10U);
        for (std::size_t i = 0; i < nearest.size(); ++i) {
            EXPECT_EQ(nearest[i].tag, found[i].tag);
        }
    }
}

TEST_F(RedisPositionStoreTest, SweepsWhatIsOldAndNothingElse) {
    for (std::uint64_t i = 0; i < 200; ++i) {
        static_cast<void>(add(tag_of(i), {at(i < 150 ? 100 : 10)}, i % 2 == 0 ? "vezet" : "taximeter"));
    }
    platform::testing::ManualClock clock;
    clock.advance((now_ + std::chrono::seconds(60)).time_since_epoch());
    metrics::Registry registry;
    PositionSettings settings;
    settings.sweep_step_positions = 7;
    Sweep sweep(store_, {"taximeter", "vezet"}, settings, clock, registry);
    EXPECT_EQ(sweep.run({}), 150U);
    EXPECT_EQ(search().size(), 25U);
    EXPECT_EQ(search(50'000, at(0).point, 100, "taximeter").size(), 25U);
    EXPECT_EQ(sweep.run({}), 0U);
    clock.advance(std::chrono::hours(1));
    EXPECT_EQ(sweep.run({}), 50U);
    EXPECT_THAT(keys("driver_[gs]*"), IsEmpty());
    EXPECT_EQ(whole_track(tag_of(1)).positions.size(), 1U) << "the track stays";
}

TEST_F(RedisPositionStoreTest, SweepsInSeveralReplicasAtOnce) {
    for (std::uint64_t i = 0; i < 300; ++i) {
        static_cast<void>(add(tag_of(i), {at(100)}));
    }
    platform::testing::ManualClock clock;
    clock.advance((now_ + std::chrono::seconds(60)).time_since_epoch());
    metrics::Registry registry;
    PositionSettings settings;
    settings.sweep_step_positions = 5;
    std::atomic<std::size_t> removed = 0;
    {
        std::vector<std::jthread> replicas;
        for (int i = 0; i < 3; ++i) {
            replicas.emplace_back([&] {
                RedisPositionStore store(redis_.pool(), settings);
                removed += Sweep(store, {"vezet"}, settings, clock, registry).run({});
            });
        }
    }
    EXPECT_EQ(removed, 300U);
    EXPECT_THAT(search(), IsEmpty());
}

TEST_F(RedisPositionStoreTest, HoldsWhenBatchesOfOneDriverRace) {
    const std::string tag = tag_of(1);
    constexpr std::int64_t threads = 4;
    constexpr std::int64_t batches = 25;
    std::barrier start(threads);
    std::atomic<std::size_t> added = 0;
    {
        std::vector<std::jthread> senders;
        for (std::int64_t thread = 0; thread < threads; ++thread) {
            senders.emplace_back([&, thread] {
                start.arrive_and_wait();
                // Each sends all seconds, in an order of its own; the latest is where the longitude is 53.
                for (std::int64_t batch = 0; batch < batches; ++batch) {
                    std::vector<Position> positions;
                    for (std::int64_t i = 0; i < 4; ++i) {
                        const std::int64_t second = (batch * (2 * thread + 1) * 4 + i * 7 + thread) % 100;
                        positions.push_back(at(second, {.lat = 56.85, .lon = 53 + static_cast<double>(second) / 100}));
                    }
                    positions.push_back(at(batch * 4 + thread,
                                           {.lat = 56.85, .lon = 53 + static_cast<double>(batch * 4 + thread) / 100}));
                    added += add(tag, positions);
                }
            });
        }
    }
    const auto track = whole_track(tag).positions;
    EXPECT_EQ(added, track.size()) << "each timestamp is new once";
    EXPECT_EQ(track.size(), 100U);
    ASSERT_EQ(search().size(), 1U);
    EXPECT_EQ(search().front().timestamp_ms, track.back().timestamp_ms);
    EXPECT_NEAR(search().front().point.lon, track.back().point.lon, 1e-5);
}

TEST_F(RedisPositionStoreTest, TellsWhenTheStoreIsFull) {
    const std::string tag = tag_of(1);
    static_cast<void>(add(tag, {at(10)}));
    redis_.on_every_server({"CONFIG", "SET", "maxmemory", "1"});
    const std::vector<Position> positions{at(5)};
    EXPECT_EQ(store_.add({.tag = tag, .family = "vezet"}, positions, now_).kind, AddOutcome::Kind::store_full);
    EXPECT_THAT(whole_track(tag).positions, ElementsAre(at(10)));
    EXPECT_EQ(search().size(), 1U);
    redis_.on_every_server({"CONFIG", "SET", "maxmemory", "0"});
    EXPECT_EQ(add(tag, {at(5)}), 1U);
}

TEST_F(RedisPositionStoreTest, ADriverMayAddSoManyAtOnceAndThenSoManyASecond) {
    PositionSettings settings;
    settings.track_burst_positions = 10;
    settings.track_positions_per_s = 2;
    RedisPositionStore store(redis_.pool(), settings);
    using Kind = AddOutcome::Kind;
    const auto add_at = [&](platform::Time now, std::int64_t first, std::int64_t count, const std::string& tag) {
        std::vector<Position> positions;
        for (std::int64_t ago = first; ago < first + count; ++ago) {
            positions.push_back(at(ago));
        }
        return store.add({.tag = tag, .family = "vezet"}, positions, now);
    };
    const std::string tag = tag_of(1);
    EXPECT_EQ(add_at(now_, 0, 6, tag), (AddOutcome{.added = 6}));
    EXPECT_EQ(add_at(now_, 0, 6, tag), (AddOutcome{.added = 0})) << "what is there costs nothing";
    EXPECT_EQ(add_at(now_, 2, 8, tag), (AddOutcome{.added = 4})) << "no batch is cut in two";
    const AddOutcome refused = add_at(now_, 100, 1, tag);
    EXPECT_EQ(refused.kind, Kind::quota_used_up);
    EXPECT_LE(refused.retry_after, 501ms);
    EXPECT_GE(refused.retry_after, 1ms);
    EXPECT_EQ(whole_track(tag).positions.size(), 10U);
    EXPECT_EQ(add_at(now_ + refused.retry_after, 100, 1, tag), (AddOutcome{.added = 1}));
    EXPECT_EQ(add_at(now_ + 400ms, 101, 1, tag).kind, Kind::quota_used_up);
    EXPECT_EQ(add_at(now_ + 10s, 102, 6, tag), (AddOutcome{.added = 6}));
    EXPECT_EQ(add_at(now_, 100, 1, tag_of(2)), (AddOutcome{.added = 1})) << "somebody else";
    EXPECT_EQ(add_at(now_ - 1h, 200, 1, tag_of(3)), (AddOutcome{.added = 1}));
}

TEST_F(RedisPositionStoreTest, ThrowsWhenTheStoreIsAway) {
    const redis::Pool nowhere(redis::Settings{.uri = "redis://127.0.0.1:1"});
    RedisPositionStore store(nowhere, settings_);
    const std::vector<Position> positions{at(5)};
    EXPECT_THROW(static_cast<void>(store.add({.tag = tag_of(1), .family = "vezet"}, positions, now_)),
                 platform::StoreUnavailable);
    EXPECT_THROW(static_cast<void>(store.track(tag_of(1), {.from_ms = 0, .to_ms = 1}, 1)), platform::StoreUnavailable);
    EXPECT_THROW(static_cast<void>(store.search("vezet", {.radius_m = 1}, 1)), platform::StoreUnavailable);
    EXPECT_THROW(static_cast<void>(store.remove_older("vezet", 0, 0, 1)), platform::StoreUnavailable);
}

/// Whatever comes in whatever order, and however it is paged through, the track is the sorted map of what came.
TEST_F(RedisPositionStoreTest, PagesThroughAnyHistoryWithoutLossOrRepeat) {
    std::uint64_t number = 0;
    EXPECT_TRUE(rc::check([&] {
        const std::string tag = tag_of(++number);
        const std::int64_t span_s = *rc::gen::element<std::int64_t>(30, 1'000, 20'000, 80'000);
        const auto seconds = *rc::gen::container<std::vector<std::int64_t>>(rc::gen::inRange<std::int64_t>(0, span_s));
        std::map<std::int64_t, Position> expected;
        std::vector<Position> batch;
        const auto batch_size = *rc::gen::inRange<std::size_t>(1, 20);
        std::size_t added = 0;
        for (std::size_t i = 0; i < seconds.size(); ++i) {
            batch.push_back(at(seconds[i], {.lat = static_cast<double>(i % 80), .lon = 1}));
            expected[batch.back().timestamp_ms] = batch.back();
            if (batch.size() == batch_size || i + 1 == seconds.size()) {
                added += add(tag, batch);
                batch.clear();
            }
        }
        RC_ASSERT(added == expected.size());

        const auto ends =
            *rc::gen::pair(rc::gen::inRange<std::int64_t>(-10, span_s), rc::gen::inRange<std::int64_t>(-10, span_s));
        TimeSpan span{.from_ms = at(ends.first).timestamp_ms, .to_ms = at(ends.second).timestamp_ms};
        std::erase_if(expected,
                      [&](const auto& entry) { return entry.first < span.from_ms || entry.first >= span.to_ms; });
        const auto limit = *rc::gen::inRange<std::size_t>(1, 12);
        std::vector<Position> found;
        for (bool has_more = true; has_more;) {
            const TrackPage page = store_.track(tag, span, limit);
            RC_ASSERT(page.positions.size() <= limit);
            RC_ASSERT(!page.has_more || page.positions.size() == limit);
            found.insert(found.end(), page.positions.begin(), page.positions.end());
            has_more = page.has_more;
            span.from_ms = page.positions.empty() ? span.from_ms : page.positions.back().timestamp_ms + 1;
        }
        std::vector<Position> sorted;
        for (const auto& [timestamp_ms, position] : expected) {
            sorted.push_back(position);
        }
        RC_ASSERT(found == sorted);
    }));
}

TEST_F(RedisPositionStoreTest, ErasesATrackOfMonths) {
    const std::string erased = tag_of(1);
    EXPECT_EQ(add(erased, {at(1)}), 1U);
    std::string index;
    for (const std::string& key : keys("*{" + erased + "}*")) {
        index = call({"TYPE", key}).text() == "zset" ? key : index;
    }
    ASSERT_FALSE(index.empty());
    // More than Lua can pass to a function.
    for (int bucket = 0; bucket < 9'000; ++bucket) {
        static_cast<void>(call({"ZADD", index, std::to_string(bucket), std::to_string(bucket)}));
    }
    EXPECT_EQ(store_.erase({.tag = erased, .family = "vezet"}), 1U);
    EXPECT_THAT(keys("*{" + erased + "}*"), IsEmpty());
}

TEST_F(RedisPositionStoreTest, ErasesEverythingOfOneDriver) {
    const std::string erased = tag_of(1);
    const std::string other = tag_of(2);
    // Three buckets.
    EXPECT_EQ(add(erased, {at(1), at(2), at(700), at(1'400)}), 4U);
    EXPECT_EQ(add(other, {at(1)}), 1U);
    EXPECT_EQ(store_.erase({.tag = erased, .family = "vezet"}), 4U);
    EXPECT_THAT(whole_track(erased).positions, IsEmpty());
    EXPECT_THAT(keys("*{" + erased + "}*"), IsEmpty());
    ASSERT_EQ(search().size(), 1U);
    EXPECT_EQ(search()[0].tag, other);
    EXPECT_EQ(whole_track(other).positions.size(), 1U);
    EXPECT_EQ(store_.erase({.tag = erased, .family = "vezet"}), 0U);
}

}  // namespace
}  // namespace twinfleet::driver_positions
