#include "platform/incremental_cache/version.hpp"

namespace twinfleet::incremental_cache {
namespace {

/// Rounded down; 0 for what is before 1970.
bson::Timestamp second_of(std::int64_t time_ms) {
    return {static_cast<std::uint32_t>(std::max<std::int64_t>(time_ms, 0) / 1000), 0};
}

}  // namespace

Version Version::of(bson::View document) {
    return of(document.find("updated_ts"));
}

Version Version::of(const std::optional<bson::Element>& updated_ts) {
    if (updated_ts && updated_ts->type == bson::Type::timestamp) {
        return {Kind::timestamp, packed(updated_ts->timestamp())};
    }
    if (updated_ts && updated_ts->type == bson::Type::date) {
        return {Kind::date, updated_ts->date_ms()};
    }
    return {};
}

std::optional<std::int64_t> Version::milliseconds() const noexcept {
    switch (kind) {
        case Kind::timestamp:
            return std::int64_t{unpacked(value).seconds} * 1000;
        case Kind::date:
            return value;
        case Kind::none:
            break;
    }
    return std::nullopt;
}

void Watermark::raise(const Version& seen, std::int64_t now_ms) {
    if (seen.kind == Version::Kind::timestamp) {
        const bson::Timestamp now = second_of(now_ms);
        const bson::Timestamp reached = std::min(unpacked(seen.value), now);
        timestamp = timestamp ? std::max(*timestamp, reached) : reached;
    } else if (seen.kind == Version::Kind::date) {
        const std::int64_t reached = std::min(seen.value, now_ms);
        date_ms = date_ms ? std::max(*date_ms, reached) : reached;
    }
}

Watermark Watermark::behind(std::int64_t overlap_ms, std::optional<std::int64_t> settled_until_ms) const {
    Watermark earlier = *this;
    if (earlier.timestamp) {
        const auto overlap_seconds = static_cast<std::uint32_t>((overlap_ms + 999) / 1000);
        earlier.timestamp = {timestamp->seconds - std::min(timestamp->seconds, overlap_seconds), 0};
        if (settled_until_ms) {
            const bson::Timestamp settled = second_of(*settled_until_ms);
            earlier.timestamp = std::max(*earlier.timestamp, std::min(*timestamp, settled));
        }
    }
    if (earlier.date_ms) {
        earlier.date_ms = *date_ms - overlap_ms;
        if (settled_until_ms) {
            earlier.date_ms = std::max(*earlier.date_ms, std::min(*date_ms, *settled_until_ms));
        }
    }
    return earlier;
}

}  // namespace twinfleet::incremental_cache
