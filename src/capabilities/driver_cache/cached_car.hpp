#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "capabilities/driver_cache/fleet_directory.hpp"
#include "platform/incremental_cache/cached_type.hpp"

namespace twinfleet::driver_cache {

/// How documents of `dbcars.cars` are cached. `_id` and `park_id` are needed; the other fields are shown as far as they
/// have the types that the contract says.
struct CachedCar {
    using Value = Car;
    static constexpr std::string_view name = "cars";
    static constexpr std::uint32_t schema_version = 1;
    static constexpr std::size_t index_count = 0;

    [[nodiscard]] static std::span<const std::string_view> fields() noexcept;
    [[nodiscard]] static incremental_cache::Parsed<Car> parse(bson::View document);
    [[nodiscard]] static std::string_view id(const Car& car) noexcept { return car.id; }
    template <typename Use>
    static void for_each_key(const Car&, Use&&) {}
    static void write(const Car& car, incremental_cache::RecordWriter& writer);
    [[nodiscard]] static Car read(incremental_cache::RecordReader& reader);
};

}  // namespace twinfleet::driver_cache
