#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "capabilities/driver_cache/fleet_directory.hpp"
#include "platform/incremental_cache/cached_type.hpp"

namespace twinfleet::driver_cache {

/// How documents of `dbdrivers.drivers` are cached. `_id` and `park_id` are needed. `phones`, `license.number`,
/// `car_id`, `rule_id` and `parent_driver_id` may be missing or null; a driver in whom one of them has another type
/// than the contract says cannot be used and is kept aside. Names and status are shown as far as they are texts.
struct CachedDriver {
    using Value = Driver;
    static constexpr std::string_view name = "drivers";
    static constexpr std::uint32_t schema_version = 1;

    static constexpr std::size_t by_phone = 0;
    static constexpr std::size_t by_license = 1;
    static constexpr std::size_t index_count = 2;

    [[nodiscard]] static std::span<const std::string_view> fields() noexcept;
    [[nodiscard]] static incremental_cache::Parsed<Driver> parse(bson::View document);
    [[nodiscard]] static std::string_view id(const Driver& driver) noexcept { return driver.id; }
    template <typename Use>
    static void for_each_key(const Driver& driver, Use&& use) {
        for (const auto& phone : driver.phones) {
            use(by_phone, std::string_view(phone));
        }
        if (!driver.license.empty()) {
            use(by_license, std::string_view(driver.license));
        }
    }
    static void write(const Driver& driver, incremental_cache::RecordWriter& writer);
    [[nodiscard]] static Driver read(incremental_cache::RecordReader& reader);
};

}  // namespace twinfleet::driver_cache
