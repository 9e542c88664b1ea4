#include "capabilities/driver_positions/batches/batch.hpp"

#include <cmath>
#include <optional>
#include <string>

#include "platform/clock/time_text.hpp"
#include "platform/json/object_reader.hpp"

namespace twinfleet::driver_positions {
namespace {

/// RFC 3339 with a fraction of nanoseconds and an offset has 35.
constexpr std::size_t timestamp_bytes_max = 64;

/// What one item of a batch holds; nothing of it was compared with a limit yet.
struct Item {
    std::optional<double> lat;
    std::optional<double> lon;
    std::optional<platform::Time> timestamp;
    std::optional<double> speed;
    std::optional<double> direction;
    std::optional<double> accuracy;
};

bool read_number(const boost::json::value& value, std::optional<double>& number) {
    if (value.is_null()) {
        return true;
    }
    if (!value.is_number()) {
        return false;
    }
    number = value.to_number<double>();
    return true;
}

bool read_timestamp(const boost::json::value& value, std::optional<platform::Time>& timestamp) {
    const auto* text = value.if_string();
    if (text == nullptr || text->size() > timestamp_bytes_max) {
        return false;
    }
    timestamp = platform::parse_time({text->data(), text->size()});
    return timestamp.has_value();
}

bool read_member(std::string_view name, const boost::json::value& value, Item& item) {
    if (name == "lat") {
        return read_number(value, item.lat);
    }
    if (name == "lon") {
        return read_number(value, item.lon);
    }
    if (name == "timestamp") {
        return read_timestamp(value, item.timestamp);
    }
    if (name == "speed") {
        return read_number(value, item.speed);
    }
    if (name == "direction") {
        return read_number(value, item.direction);
    }
    return name == "accuracy" && read_number(value, item.accuracy);
}

/// nullopt: bad_field. Without exceptions, which a hundred bad positions would make dear.
std::optional<Item> read_item(const boost::json::value& value) {
    const auto* object = value.if_object();
    if (object == nullptr) {
        return std::nullopt;
    }
    Item item;
    for (const auto& member : *object) {
        if (!read_member({member.key().data(), member.key().size()}, member.value(), item)) {
            return std::nullopt;
        }
    }
    const bool is_whole = item.lat && item.lon && item.timestamp;
    const bool is_possible =
        !(item.direction && (*item.direction < 0 || *item.direction > 360)) && !(item.accuracy && *item.accuracy < 0);
    return is_whole && is_possible ? std::optional(item) : std::nullopt;
}

bool are_coordinates(double lat, double lon) {
    return std::abs(lat) <= 90 && std::abs(lon) <= 180 && !(lat == 0 && lon == 0);
}

/// Of a whole item.
std::optional<PositionRefusal> why_refused(const Item& item, const PositionSettings& settings, platform::Time now) {
    if (!are_coordinates(*item.lat, *item.lon)) {
        return PositionRefusal::bad_coordinates;
    }
    if (*item.timestamp < now - settings.position_age_max) {
        return PositionRefusal::too_old;
    }
    if (*item.timestamp > now + settings.position_ahead_max) {
        return PositionRefusal::in_future;
    }
    if (item.speed && (*item.speed < 0 || *item.speed > settings.speed_mps_max)) {
        return PositionRefusal::bad_speed;
    }
    return std::nullopt;
}

Position position_of(const Item& item) {
    return {.point = {.lat = *item.lat, .lon = *item.lon},
            .timestamp_ms = std::chrono::floor<std::chrono::milliseconds>(*item.timestamp).time_since_epoch().count(),
            .speed_mps = item.speed,
            .direction_deg = item.direction,
            .accuracy_m = item.accuracy};
}

}  // namespace

std::string_view name_of(PositionRefusal refusal) {
    switch (refusal) {
        case PositionRefusal::bad_field:
            return "bad_field";
        case PositionRefusal::bad_coordinates:
            return "bad_coordinates";
        case PositionRefusal::too_old:
            return "too_old";
        case PositionRefusal::in_future:
            return "in_future";
        case PositionRefusal::bad_speed:
            return "bad_speed";
    }
    return "unknown";
}

Batch read_batch(std::string_view body, const PositionSettings& settings, platform::Time now) {
    const auto object = json::parse_object(body);
    json::ObjectReader reader(object);
    const auto* value = reader.any("positions");
    const auto* items = value == nullptr ? nullptr : value->if_array();
    if (items == nullptr || items->empty() || items->size() > settings.batch_positions_max) {
        throw json::BadInput("positions",
                             "expected a list of 1 to " + std::to_string(settings.batch_positions_max) + " positions");
    }
    reader.finish();
    Batch batch;
    batch.accepted.reserve(items->size());
    for (std::size_t index = 0; index < items->size(); ++index) {
        const auto item = read_item((*items)[index]);
        const auto refusal = item ? why_refused(*item, settings, now) : PositionRefusal::bad_field;
        if (refusal) {
            batch.refused.push_back({.index = index, .refusal = *refusal});
        } else {
            batch.accepted.push_back(position_of(*item));
        }
    }
    return batch;
}

}  // namespace twinfleet::driver_positions
