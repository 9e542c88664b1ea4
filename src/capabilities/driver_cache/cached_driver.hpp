#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "capabilities/driver_cache/fleet_directory.hpp"
#include "platform/incremental_cache/cached_type.hpp"

namespace twinfleet::driver_cache {

/// How documents of `dbdrivers.drivers` are cached (a CachedType). A document without a text in `_id` or `park_id` is
/// kept aside. `phones`, `license.number`, `car_id`, `rule_id` and `parent_driver_id` may be missing or null; a
/// document in which one of them has another type than the contract (section 1) says is kept aside, too. Names and
/// `work_status` that are not texts count as missing.
///
/// What takes a right away is read by itself, whatever else is in the document (TakesRightsAway): a driver works only
/// where a readable `work_status` says `working` in a readable `park_id`, and logs in only with a phone that is still
/// his, as far as `phones` can be read.
struct CachedDriver {
    using Value = Driver;
    static constexpr std::string_view name = "drivers";
    /// 2: what a document that is kept aside takes away is in the records. 3: licences in their present normal form.
    static constexpr std::uint32_t schema_version = 3;

    /// The secondary indexes.
    static constexpr std::size_t by_phone = 0;
    static constexpr std::size_t by_license = 1;
    static constexpr std::size_t index_count = 2;

    [[nodiscard]] static std::span<const std::string_view> fields() noexcept;
    [[nodiscard]] static incremental_cache::Parsed<Driver> parse(bson::View document);
    [[nodiscard]] static std::optional<Driver> reduced(bson::View document, const Driver* known);
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
