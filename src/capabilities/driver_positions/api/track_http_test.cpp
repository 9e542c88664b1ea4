#include "capabilities/driver_positions/api/track_http.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "capabilities/driver_positions/testing/fakes.hpp"
#include "platform/clock/time_text.hpp"
#include "platform/json/bad_input.hpp"
#include "platform/json/object_reader.hpp"

namespace twinfleet::driver_positions {
namespace {

const platform::Time now = platform::parse_time("2024-05-01T12:00:00.000Z").value();
constexpr std::int64_t now_ms = 1'714'564'800'000;
constexpr std::int64_t retention_ms = std::int64_t{3} * 24 * 3'600'000;

TrackQuery read(std::string_view query) {
    return read_track_query(query, {}, now);
}

std::string blamed_field(std::string_view query) {
    try {
        static_cast<void>(read(query));
        return "none";
    } catch (const json::BadInput& bad) {
        return bad.field();
    }
}

std::string cursor_of(const std::string& json) {
    const auto page = json::parse_object(json);
    const auto& cursor = page.at("next_cursor");
    return cursor.is_null() ? "" : std::string(cursor.as_string());
}

TEST(TrackQueryTest, IsEverythingThatIsKeptByDefault) {
    const TrackQuery query = read("");
    EXPECT_EQ(query.span.from_ms, now_ms - retention_ms);
    EXPECT_EQ(query.span.to_ms, now_ms + 60'001) << "positions may be ahead of the clock";
    EXPECT_EQ(query.limit, 100U);
}

TEST(TrackQueryTest, IncludesFromAndNotTo) {
    const TrackQuery query = read("from=2024-05-01T11:00:00Z&to=2024-05-01T15:30:00.000%2B04:00&limit=1000");
    EXPECT_EQ(query.span.from_ms, now_ms - 3'600'000);
    EXPECT_EQ(query.span.to_ms, now_ms - 1'800'000);
    EXPECT_EQ(query.limit, 1'000U);
    // Of a time between two milliseconds the one behind belongs to the span, as `from`, and the one before, as `to`.
    const TrackQuery between = read("from=2024-05-01T11:00:00.0001Z&to=2024-05-01T11:00:00.0011Z");
    EXPECT_EQ(between.span.from_ms, now_ms - 3'600'000 + 1);
    EXPECT_EQ(between.span.to_ms, now_ms - 3'600'000 + 2);
}

TEST(TrackQueryTest, IsCutToWhatIsKept) {
    const TrackQuery query = read("from=0000-01-01T00:00:00Z&to=9999-12-31T23:59:59Z");
    EXPECT_EQ(query.span.from_ms, now_ms - retention_ms);
    EXPECT_EQ(query.span.to_ms, now_ms + 60'001);
    const TrackQuery before = read("to=2000-01-01T00:00:00Z");
    EXPECT_LE(before.span.to_ms, before.span.from_ms) << "empty";
}

TEST(TrackQueryTest, RefusesWhatItCannotRead) {
    EXPECT_EQ(blamed_field("from=yesterday"), "from");
    EXPECT_EQ(blamed_field("from="), "from");
    EXPECT_EQ(blamed_field("to=1714564800"), "to");
    EXPECT_EQ(blamed_field("from=2024-05-01T12:00:00Z&to=2024-05-01T11:00:00Z"), "to");
    EXPECT_EQ(blamed_field("from=2024-05-01T11:00:00Z&to=2024-05-01T11:00:00Z"), "none");
    for (const char* limit : {"0", "1001", "-1", "", "ten", "1.0", "99999999999999999999"}) {
        EXPECT_EQ(blamed_field(std::string("limit=") + limit), "limit") << limit;
    }
    for (const char* cursor : {"", "t", "x1", "t-1", "t!", "tzzzzzzzzzzzz", "tzzzzzzzzzzzzzzzzzzzzz", "T1", "1"}) {
        EXPECT_EQ(blamed_field(std::string("cursor=") + cursor), "cursor") << cursor;
    }
    EXPECT_EQ(blamed_field("driver_id=1"), "driver_id");
    EXPECT_EQ(blamed_field("limit=1&limit=2"), "limit");
}

TEST(TrackQueryTest, GoesOnBehindTheCursor) {
    const TrackPage page{.positions = {{.timestamp_ms = now_ms - 2'000}, {.timestamp_ms = now_ms - 1'000}},
                         .has_more = true};
    const std::string cursor = cursor_of(page_json(page));
    EXPECT_EQ(read("cursor=" + cursor).span.from_ms, now_ms - 999);
    EXPECT_EQ(read("from=2024-05-01T11:00:00Z&cursor=" + cursor).span.from_ms, now_ms - 999);
    EXPECT_EQ(read("from=2024-05-01T11:59:59.500Z&cursor=" + cursor).span.from_ms, now_ms - 500)
        << "nothing from before the span";
}

TEST(TrackPageTest, IsWrittenAsTheContractHasIt) {
    const TrackPage page{.positions = {{.point = {.lat = 56.8526123, .lon = -0.0000001},
                                        .timestamp_ms = now_ms + 7,
                                        .speed_mps = 12.5,
                                        .direction_deg = 0,
                                        .accuracy_m = 42'949'672.95},
                                       {.point = {.lat = -90, .lon = 180}, .timestamp_ms = now_ms + 8}}};
    EXPECT_EQ(page_json(page),
              R"({"positions":[{"lat":56.8526123,"lon":-0.0000001,"timestamp":"2024-05-01T12:00:00.007Z",)"
              R"("speed":12.5,"direction":0,"accuracy":42949672.95},)"
              R"({"lat":-90,"lon":180,"timestamp":"2024-05-01T12:00:00.008Z","speed":null,"direction":null,)"
              R"("accuracy":null}],"next_cursor":null})");
    EXPECT_EQ(page_json({}), R"({"positions":[],"next_cursor":null})");
}

}  // namespace
}  // namespace twinfleet::driver_positions
