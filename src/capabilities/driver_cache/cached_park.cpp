#include "capabilities/driver_cache/cached_park.hpp"

#include <array>
#include <utility>

#include "capabilities/driver_cache/fields.hpp"

namespace twinfleet::driver_cache {
namespace {

constexpr std::array<std::string_view, 7> park_field_names{"_id",        "name",           "city_id",   "is_active",
                                                           "fleet_type", "parent_park_id", "updated_ts"};

bool read_is_active(const Field& field) {
    if (!field || field->type == bson::Type::null) {
        return false;
    }
    if (field->type != bson::Type::boolean) {
        throw BadField("bad_field:is_active");
    }
    return field->boolean();
}

}  // namespace

std::span<const std::string_view> CachedPark::fields() noexcept {
    return park_field_names;
}

incremental_cache::Parsed<Park> CachedPark::parse(bson::View document) {
    return parsed<Park>([&]() -> Park {
        const Fields fields(document, park_field_names);
        return {.id = needed_text(fields["_id"], "bad_id"),
                .name = text_if_any(fields["name"]),
                .city_id = text_if_any(fields["city_id"]),
                .is_active = read_is_active(fields["is_active"]),
                .fleet_type = text_or_none(fields["fleet_type"], "bad_field:fleet_type"),
                .parent_park_id = text_or_none(fields["parent_park_id"], "bad_field:parent_park_id")};
    });
}

std::optional<Park> CachedPark::reduced(bson::View document, const Park* known) {
    const Fields fields(document, park_field_names);
    const Field& is_active = fields["is_active"];
    if (is_active && is_active->type == bson::Type::boolean && is_active->boolean()) {
        return std::nullopt;
    }
    if (known != nullptr) {
        Park left = *known;
        left.is_active = false;
        return known->is_active ? std::optional(std::move(left)) : std::nullopt;
    }
    std::string id = text_if_any(fields["_id"]);
    if (id.empty()) {
        return std::nullopt;
    }
    return Park{.id = std::move(id),
                .name = text_if_any(fields["name"]),
                .city_id = text_if_any(fields["city_id"]),
                .is_active = false,
                .fleet_type = text_if_any(fields["fleet_type"]),
                .parent_park_id = text_if_any(fields["parent_park_id"])};
}

void CachedPark::write(const Park& park, incremental_cache::RecordWriter& writer) {
    writer.text(park.id);
    writer.text(park.name);
    writer.text(park.city_id);
    writer.number(park.is_active ? 1 : 0);
    writer.text(park.fleet_type);
    writer.text(park.parent_park_id);
}

Park CachedPark::read(incremental_cache::RecordReader& reader) {
    Park park;
    park.id = reader.text();
    park.name = reader.text();
    park.city_id = reader.text();
    park.is_active = reader.number() != 0;
    park.fleet_type = reader.text();
    park.parent_park_id = reader.text();
    return park;
}

}  // namespace twinfleet::driver_cache
