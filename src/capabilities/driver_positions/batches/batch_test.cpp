#include "capabilities/driver_positions/batches/batch.hpp"

#include <random>
#include <string>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "platform/clock/time_text.hpp"
#include "platform/json/bad_input.hpp"

namespace twinfleet::driver_positions {
namespace {

const platform::Time received_at = platform::parse_time("2024-05-01T12:00:00.000Z").value();

std::string body_of(const std::string& items) {
    return R"({"positions": [)" + items + "]}";
}

std::string item_at(const std::string& timestamp) {
    return R"({"lat": 56.85, "lon": 53.2, "timestamp": ")" + timestamp + R"("})";
}

std::string item_with(const std::string& fields, const std::string& coordinates = R"("lat": 56.85, "lon": 53.2)") {
    return "{" + coordinates + R"(, "timestamp": "2024-05-01T11:59:59Z")" + (fields.empty() ? "" : ", ") + fields + "}";
}

Batch read(const std::string& items, const PositionSettings& settings = {}) {
    return read_batch(body_of(items), settings, received_at);
}

/// `accepted`, or why the only item was refused.
std::string outcome(const std::string& item) {
    const Batch batch = read(item);
    EXPECT_EQ(batch.accepted.size() + batch.refused.size(), 1U);
    return batch.refused.empty() ? "accepted" : std::string(name_of(batch.refused.front().refusal));
}

/// The field that a malformed body is blamed for; `none` when it is not.
std::string field_blamed_in_body(const std::string& body) {
    try {
        static_cast<void>(read_batch(body, {}, received_at));
        return "none";
    } catch (const json::BadInput& bad) {
        return bad.field();
    }
}

std::string repeated(const std::string& item, std::size_t count) {
    std::string items = item;
    for (std::size_t i = 1; i < count; ++i) {
        items += "," + item;
    }
    return items;
}

TEST(BatchTest, ReadsAllFields) {
    const Batch batch = read(item_with(R"("speed": 12.5, "direction": 270, "accuracy": 4.75)"));
    ASSERT_EQ(batch.accepted.size(), 1U);
    EXPECT_EQ(batch.accepted.front(), (Position{.point = {.lat = 56.85, .lon = 53.2},
                                                .timestamp_ms = 1'714'564'799'000,
                                                .speed_mps = 12.5,
                                                .direction_deg = 270,
                                                .accuracy_m = 4.75}));
}

TEST(BatchTest, TakesLeftOutAndNullFieldsAsUnknown) {
    const Batch batch = read(item_with("") + "," + item_with(R"("speed": null, "direction": null, "accuracy": null)"));
    ASSERT_EQ(batch.accepted.size(), 2U);
    EXPECT_EQ(batch.accepted[0], batch.accepted[1]);
    EXPECT_FALSE(batch.accepted[0].speed_mps || batch.accepted[0].direction_deg || batch.accepted[0].accuracy_m);
}

TEST(BatchTest, RefusesCoordinatesOutOfRangeAndNullIsland) {
    const auto outcome_at = [](const std::string& lat, const std::string& lon) {
        return outcome(item_with("", R"("lat": )" + lat + R"(, "lon": )" + lon));
    };
    for (const auto& [lat, lon] : {std::pair("90", "0"), std::pair("-90", "180"), std::pair("0", "180"),
                                   std::pair("0", "-180"), std::pair("0", "1e-9"), std::pair("-1e-9", "0")}) {
        EXPECT_EQ(outcome_at(lat, lon), "accepted") << lat << ',' << lon;
    }
    for (const auto& [lat, lon] :
         {std::pair("90.0000001", "0"), std::pair("-90.1", "0"), std::pair("0", "180.0000001"), std::pair("1", "-181"),
          std::pair("0", "0"), std::pair("0.0", "-0.0"), std::pair("1e308", "1e308"), std::pair("0e5", "0")}) {
        EXPECT_EQ(outcome_at(lat, lon), "bad_coordinates") << lat << ',' << lon;
    }
}

TEST(BatchTest, RefusesWhatIsTooOldOrInTheFuture) {
    EXPECT_EQ(outcome(item_at("2024-04-30T12:00:00.000Z")), "accepted");
    EXPECT_EQ(outcome(item_at("2024-04-30T11:59:59.999Z")), "too_old");
    EXPECT_EQ(outcome(item_at("0000-01-01T00:00:00Z")), "too_old");
    EXPECT_EQ(outcome(item_at("2024-05-01T12:01:00.000Z")), "accepted");
    EXPECT_EQ(outcome(item_at("2024-05-01T12:01:00.001Z")), "in_future");
    EXPECT_EQ(outcome(item_at("9999-12-31T23:59:59Z")), "in_future");
    EXPECT_EQ(outcome(item_at("2024-05-01T16:00:00+04:00")), "accepted");
    EXPECT_EQ(outcome(item_at("2024-05-01T16:02:00+04:00")), "in_future");
}

TEST(BatchTest, RefusesImpossibleSpeeds) {
    EXPECT_EQ(outcome(item_with(R"("speed": 0)")), "accepted");
    EXPECT_EQ(outcome(item_with(R"("speed": 100)")), "accepted");
    EXPECT_EQ(outcome(item_with(R"("speed": 100.01)")), "bad_speed");
    EXPECT_EQ(outcome(item_with(R"("speed": -0.01)")), "bad_speed");
    EXPECT_EQ(outcome(item_with(R"("speed": 18446744073709551615)")), "bad_speed");
}

TEST(BatchTest, RefusesBadFields) {
    for (const char* fields : {R"("speed": "1")", R"("speed": true)", R"("speed": [])", R"("direction": -1)",
                               R"("direction": 360.5)", R"("direction": "north")", R"("accuracy": -1)",
                               R"("accuracy": {})", R"("altitude": 100)", R"("Speed": 1)", R"("": 1)"}) {
        EXPECT_EQ(outcome(item_with(fields)), "bad_field") << fields;
    }
    EXPECT_EQ(outcome(item_with(R"("direction": 360, "accuracy": 1e300)")), "accepted");
    for (const char* item :
         {"{}", "null", "1", "\"text\"", "[]", "true", R"({"lat": 1, "lon": 1})",
          R"({"lat": 1, "timestamp": "2024-05-01T11:59:59Z"})", R"({"lon": 1, "timestamp": "2024-05-01T11:59:59Z"})",
          R"({"lat": null, "lon": 1, "timestamp": "2024-05-01T11:59:59Z"})",
          R"({"lat": "1", "lon": 1, "timestamp": "2024-05-01T11:59:59Z"})",
          R"({"lat": 1, "lon": 1, "timestamp": null})", R"({"lat": 1, "lon": 1, "timestamp": 1714564799})",
          R"({"lat": 1, "lon": 1, "timestamp": ""})", R"({"lat": 1, "lon": 1, "timestamp": "2024-05-01"})",
          R"({"lat": 1, "lon": 1, "timestamp": "2024-05-01T11:59:59"})",
          R"({"lat": 1, "lon": 1, "timestamp": "2024-02-30T11:59:59Z"})"}) {
        EXPECT_EQ(outcome(item), "bad_field") << item;
    }
    EXPECT_EQ(outcome(item_at("2024-05-01T11:59:59." + std::string(10'000, '0') + "Z")), "bad_field");
}

TEST(BatchTest, AnswersForEachPositionByItself) {
    const Batch batch = read(item_with("") + ",{}," + item_with(R"("speed": 101)") + "," + item_with("") + "," +
                             item_at("2024-05-02T00:00:00Z"));
    EXPECT_EQ(batch.accepted.size(), 2U);
    ASSERT_EQ(batch.refused.size(), 3U);
    EXPECT_EQ(batch.refused[0].index, 1U);
    EXPECT_EQ(batch.refused[0].refusal, PositionRefusal::bad_field);
    EXPECT_EQ(batch.refused[1].index, 2U);
    EXPECT_EQ(batch.refused[1].refusal, PositionRefusal::bad_speed);
    EXPECT_EQ(batch.refused[2].index, 4U);
    EXPECT_EQ(batch.refused[2].refusal, PositionRefusal::in_future);
}

TEST(BatchTest, KeepsAHonestPositionBesideAnOutlier) {
    const Batch batch = read(item_with("", R"("lat": 10, "lon": 10)") + "," + item_with(""));
    EXPECT_EQ(batch.accepted.size(), 2U);
}

TEST(BatchTest, TakesOneToAHundred) {
    EXPECT_EQ(read(repeated(item_with(""), 100)).accepted.size(), 100U);
    EXPECT_EQ(field_blamed_in_body(body_of(repeated(item_with(""), 101))), "positions");
    EXPECT_EQ(field_blamed_in_body(body_of("")), "positions");
}

TEST(BatchTest, BlamesTheFieldOfAMalformedBody) {
    EXPECT_EQ(field_blamed_in_body("{}"), "positions");
    EXPECT_EQ(field_blamed_in_body(R"({"positions": null})"), "positions");
    EXPECT_EQ(field_blamed_in_body(R"({"positions": {}})"), "positions");
    EXPECT_EQ(field_blamed_in_body(R"({"positions": [)" + item_with("") + R"(], "more": 1})"), "more");
    for (const char* body :
         {"", "[]", "null", "{", R"({"positions": [1)", R"({"positions": [NaN]})", R"({"positions": [{"lat": 1e999}]})",
          R"({"positions": [{"lat": Infinity}]})", "{\"positions\": [\"\xff\"]}"}) {
        EXPECT_EQ(field_blamed_in_body(body), "") << body;
    }
}

TEST(BatchTest, FollowsTheSettings) {
    const PositionSettings settings{.batch_positions_max = 2,
                                    .position_age_max = std::chrono::seconds(10),
                                    .position_ahead_max = std::chrono::seconds(5),
                                    .speed_mps_max = 20};
    const Batch batch = read(item_at("2024-05-01T11:59:49Z") + "," + item_at("2024-05-01T12:00:06Z"), settings);
    ASSERT_EQ(batch.refused.size(), 2U);
    EXPECT_EQ(batch.refused[0].refusal, PositionRefusal::too_old);
    EXPECT_EQ(batch.refused[1].refusal, PositionRefusal::in_future);
    EXPECT_EQ(read(item_with(R"("speed": 21)"), settings).refused.size(), 1U);
    EXPECT_THROW(static_cast<void>(read(repeated(item_with(""), 3), settings)), json::BadInput);
}

/// Whatever comes in is read or refused, and what is accepted keeps to the limits.
void expect_reads_or_refuses(const std::string& body) {
    try {
        const Batch batch = read_batch(body, {}, received_at);
        RC_ASSERT(batch.accepted.size() + batch.refused.size() >= 1);
        RC_ASSERT(batch.accepted.size() + batch.refused.size() <= 100);
        for (const Position& position : batch.accepted) {
            RC_ASSERT(std::abs(position.point.lat) <= 90 && std::abs(position.point.lon) <= 180);
            RC_ASSERT(position.speed_mps.value_or(0) >= 0 && position.speed_mps.value_or(0) <= 100);
        }
    } catch (const json::BadInput&) {
        // Refused.
    }
}

RC_GTEST_PROP(BatchProperties, NoBytesBreakIt, (const std::string& body)) {
    expect_reads_or_refuses(body);
}

/// A good body with some bytes changed, lost or put in.
std::string mutated(std::string body, std::mt19937& random) {
    static constexpr std::string_view pieces[] = {
        "\"", "{", "}", "[", "]", ",", ":", "null", "1e308", "-", "\\u0000", "\xf0\x9f", "lat", "9999999999999999999",
        "0"};
    for (auto left = 1 + random() % 8; left > 0 && !body.empty(); --left) {
        const std::size_t at = random() % body.size();
        switch (random() % 4) {
            case 0:
                body[at] = static_cast<char>(random());
                break;
            case 1:
                body.erase(at, 1 + random() % 16);
                break;
            case 2:
                body.insert(at, pieces[random() % std::size(pieces)]);
                break;
            default:
                body.insert(at, body.substr(random() % body.size(), random() % 32));
        }
    }
    return body;
}

RC_GTEST_PROP(BatchProperties, NoMutationBreaksIt, (std::uint32_t seed)) {
    const std::string good = body_of(item_with(R"("speed": 1.5e1, "direction": 0, "accuracy": null)") + "," +
                                     item_at("2024-05-01T15:59:59.123456+04:00") + R"(,{"lat":-0.0,"lon":1E-7})");
    std::mt19937 random(seed);
    for (int i = 0; i < 50; ++i) {
        expect_reads_or_refuses(mutated(good, random));
    }
}

}  // namespace
}  // namespace twinfleet::driver_positions
