#include "platform/bson/change_position.hpp"

#include <limits>

namespace twinfleet::bson {
namespace {

constexpr std::int64_t ms_per_second = 1000;
constexpr std::uint32_t last_second = std::numeric_limits<std::uint32_t>::max();
constexpr std::int64_t least_date_ms = std::numeric_limits<std::int64_t>::min();

Timestamp earlier(Timestamp timestamp, std::int64_t by_ms) noexcept {
    const std::int64_t by_seconds = by_ms / ms_per_second + (by_ms % ms_per_second != 0 ? 1 : 0);
    return {static_cast<std::uint32_t>(timestamp.seconds - std::min<std::int64_t>(timestamp.seconds, by_seconds)), 0};
}

std::int64_t earlier(std::int64_t date_ms, std::int64_t by_ms) noexcept {
    return date_ms < least_date_ms + by_ms ? least_date_ms : date_ms - by_ms;
}

}  // namespace

Timestamp timestamp_of(std::int64_t time_ms) noexcept {
    const std::int64_t seconds = std::clamp<std::int64_t>(time_ms / ms_per_second, 0, last_second);
    return {static_cast<std::uint32_t>(seconds), 0};
}

std::optional<std::int64_t> ChangeTime::milliseconds() const noexcept {
    switch (kind) {
        case Kind::timestamp:
            return std::int64_t{unpacked(value).seconds} * ms_per_second;
        case Kind::date:
            return value;
        case Kind::none:
            break;
    }
    return std::nullopt;
}

ChangeTime ChangeTime::not_after(std::int64_t limit_ms) const noexcept {
    switch (kind) {
        case Kind::timestamp:
            return of(std::min(unpacked(value), timestamp_of(limit_ms)));
        case Kind::date:
            return of_date(std::min(value, limit_ms));
        case Kind::none:
            break;
    }
    return {};
}

bool ChangePosition::covers(const ChangeTime& change) const noexcept {
    switch (change.kind) {
        case ChangeTime::Kind::timestamp:
            return timestamp && unpacked(change.value) <= *timestamp;
        case ChangeTime::Kind::date:
            return date_ms && change.value <= *date_ms;
        case ChangeTime::Kind::none:
            break;
    }
    return false;
}

ChangePosition ChangePosition::not_after(std::int64_t limit_ms) const noexcept {
    ChangePosition limited = *this;
    if (limited.timestamp) {
        limited.timestamp = std::min(*limited.timestamp, timestamp_of(limit_ms));
    }
    if (limited.date_ms) {
        limited.date_ms = std::min(*limited.date_ms, limit_ms);
    }
    return limited;
}

ChangePosition ChangePosition::just_before() const noexcept {
    ChangePosition before;
    if (timestamp && *timestamp > Timestamp{}) {
        before.timestamp = unpacked(static_cast<std::int64_t>(static_cast<std::uint64_t>(packed(*timestamp)) - 1));
    }
    if (date_ms && *date_ms > least_date_ms) {
        before.date_ms = *date_ms - 1;
    }
    return before;
}

ChangePosition ChangePosition::behind(std::int64_t overlap_ms,
                                      std::optional<std::int64_t> settled_until_ms) const noexcept {
    ChangePosition from;
    if (timestamp) {
        from.timestamp = earlier(*timestamp, overlap_ms);
    }
    if (date_ms) {
        from.date_ms = earlier(*date_ms, overlap_ms);
    }
    if (settled_until_ms) {
        from.advance(not_after(*settled_until_ms));
    }
    return from;
}

}  // namespace twinfleet::bson
