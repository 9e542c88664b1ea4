#include "capabilities/driver_cache/cached_car.hpp"

#include <array>
#include <limits>

#include "capabilities/driver_cache/fields.hpp"

namespace twinfleet::driver_cache {
namespace {

constexpr std::array<std::string_view, 10> car_field_names{"_id",   "park_id", "number", "callsign", "brand",
                                                           "model", "color",   "status", "year",     "updated_ts"};

int year_of(const Field& field) {
    const auto year = field ? field->integer() : std::nullopt;
    return year && *year > 0 && *year <= std::numeric_limits<int>::max() ? static_cast<int>(*year) : 0;
}

}  // namespace

std::span<const std::string_view> CachedCar::fields() noexcept {
    return car_field_names;
}

incremental_cache::Parsed<Car> CachedCar::parse(bson::View document) {
    return parsed<Car>([&]() -> Car {
        const Fields fields(document, car_field_names);
        return {.id = needed_text(fields["_id"], "bad_id"),
                .park_id = needed_text(fields["park_id"], "bad_field:park_id"),
                .number = text_if_any(fields["number"]),
                .callsign = text_if_any(fields["callsign"]),
                .brand = text_if_any(fields["brand"]),
                .model = text_if_any(fields["model"]),
                .color = text_if_any(fields["color"]),
                .status = text_if_any(fields["status"]),
                .year = year_of(fields["year"])};
    });
}

void CachedCar::write(const Car& car, incremental_cache::RecordWriter& writer) {
    writer.text(car.id);
    writer.text(car.park_id);
    writer.text(car.number);
    writer.text(car.callsign);
    writer.text(car.brand);
    writer.text(car.model);
    writer.text(car.color);
    writer.text(car.status);
    writer.signed_number(car.year);
}

Car CachedCar::read(incremental_cache::RecordReader& reader) {
    Car car;
    car.id = reader.text();
    car.park_id = reader.text();
    car.number = reader.text();
    car.callsign = reader.text();
    car.brand = reader.text();
    car.model = reader.text();
    car.color = reader.text();
    car.status = reader.text();
    car.year = static_cast<int>(reader.signed_number());
    return car;
}

}  // namespace twinfleet::driver_cache
