#include "capabilities/driver_positions/api/track_http.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>
#include <optional>

#include "capabilities/driver_positions/tracks/read_quota.hpp"
#include "capabilities/driver_sessions/api/driver_call.hpp"
#include "platform/api/numbers.hpp"
#include "platform/api/query.hpp"
#include "platform/api/refusals.hpp"
#include "platform/clock/time_text.hpp"
#include "platform/json/bad_input.hpp"
#include "platform/json/to_text.hpp"

namespace twinfleet::driver_positions {
namespace {

/// Before the digits of a cursor, so that another kind can be told from it.
constexpr std::string_view cursor_mark = "t";

std::int64_t milliseconds_up(platform::Time time) {
    return std::chrono::ceil<std::chrono::milliseconds>(time).time_since_epoch().count();
}

std::optional<platform::Time> read_time(const api::Query& parameters, std::string_view name) {
    const std::string* text = parameters.find(name);
    if (text == nullptr) {
        return std::nullopt;
    }
    const auto time = platform::parse_time(*text);
    if (!time) {
        throw json::BadInput(std::string(name), "expected a time (RFC 3339)");
    }
    return time;
}

std::string cursor_behind(const Position& last) {
    std::array<char, 16> digits{};
    const auto written = std::to_chars(digits.data(), digits.data() + digits.size(), last.timestamp_ms, 36);
    return std::string(cursor_mark) + std::string(digits.data(), written.ptr);
}

/// The timestamp of the last position shown.
std::optional<std::int64_t> read_cursor(const api::Query& parameters) {
    const std::string* given = parameters.find("cursor");
    if (given == nullptr) {
        return std::nullopt;
    }
    const std::string_view text = *given;
    const auto timestamp_ms = text.starts_with(cursor_mark)
                                  ? api::whole_number<std::int64_t>(text.substr(cursor_mark.size()), 36)
                                  : std::nullopt;
    // As far as RFC 3339 goes.
    constexpr std::int64_t timestamp_ms_max = 253'402'300'799'999;
    if (!timestamp_ms || *timestamp_ms < 0 || *timestamp_ms > timestamp_ms_max) {
        throw json::BadInput("cursor", "expected next_cursor of an earlier answer");
    }
    return timestamp_ms;
}

void append_field(std::string& json, std::string_view name, const std::optional<double>& number) {
    json += ",\"";
    json += name;
    json += "\":";
    if (number) {
        json::append_number(json, *number);
    } else {
        json += "null";
    }
}

http::Response get_track(const PositionsApi& api, ReadQuota& quota, const api::Call& call,
                         const driver_sessions::Session& session) {
    const platform::Time now = api.clock.now();
    const TrackQuery query = read_track_query(call.request.query, api.settings, now);
    const std::string tag = driver_sessions::redis_tag(session.driver);
    if (const auto wait = quota.take(tag, now); wait.count() > 0) {
        return http::error_response(429, "too_many_requests", "You have read too much of your track; go on later.",
                                    api::retry_after(wait));
    }
    return {.body = page_json(api.store.track(tag, query.span, query.limit))};
}

}  // namespace

TrackQuery read_track_query(std::string_view query, const PositionSettings& settings, platform::Time now) {
    const std::int64_t oldest_ms = milliseconds_up(now - settings.track_retention);
    const std::int64_t newest_ms = milliseconds_up(now + settings.position_ahead_max) + 1;
    const api::Query parameters(query, {"from", "to", "cursor", "limit"});
    const auto from = read_time(parameters, "from");
    const auto to = read_time(parameters, "to");
    const auto shown_ms = read_cursor(parameters);
    const std::size_t limit =
        parameters.limit({.usual = settings.track_limit_default, .max = settings.track_limit_max});
    if (from && to && *to < *from) {
        throw json::BadInput("to", "expected a time that is not before from");
    }
    TrackQuery read{.span = {.from_ms = oldest_ms, .to_ms = newest_ms}, .limit = limit};
    // Positions are at whole milliseconds: the first one at or behind a time is that of the next.
    if (from) {
        read.span.from_ms = std::max(read.span.from_ms, milliseconds_up(*from));
    }
    if (to) {
        read.span.to_ms = std::min(read.span.to_ms, milliseconds_up(*to));
    }
    if (shown_ms) {
        read.span.from_ms = std::max(read.span.from_ms, *shown_ms + 1);
    }
    return read;
}

std::string page_json(const TrackPage& page) {
    constexpr std::size_t position_bytes = 140;
    std::string json;
    json.reserve(64 + page.positions.size() * position_bytes);
    json += "{\"positions\":[";
    for (const Position& position : page.positions) {
        json += json.back() == '[' ? "{\"lat\":" : ",{\"lat\":";
        json::append_number(json, position.point.lat);
        append_field(json, "lon", position.point.lon);
        json += ",\"timestamp\":\"";
        json += platform::time_text(platform::Time(std::chrono::milliseconds(position.timestamp_ms)));
        json += '"';
        append_field(json, "speed", position.speed_mps);
        append_field(json, "direction", position.direction_deg);
        append_field(json, "accuracy", position.accuracy_m);
        json += '}';
    }
    json += "],\"next_cursor\":";
    json += page.has_more ? '"' + cursor_behind(page.positions.back()) + '"' : "null";
    json += '}';
    return json;
}

std::vector<api::Route> track_routes(const PositionsApi& api) {
    const auto quota = std::make_shared<ReadQuota>(
        ReadQuota::Settings{.burst = api.settings.track_burst_pages, .per_s = api.settings.track_pages_per_s});
    const auto answer = [api, quota](const api::Call& call, const driver_sessions::Session& session) {
        return get_track(api, *quota, call, session);
    };
    return {{.method = "GET",
             .pattern = "/v1/driver/track",
             .handler = driver_sessions::with_session(api.apps, api.sessions, answer),
             .access = api::Route::Access::open,
             .admit = driver_sessions::admit_session(api.apps)}};
}

}  // namespace twinfleet::driver_positions
