#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "capabilities/driver_cache/fleet_directory.hpp"
#include "platform/incremental_cache/cached_type.hpp"

namespace twinfleet::driver_cache {

/// How documents of `dbparks.parks` are cached (a CachedType). A document without a text in `_id` is kept aside.
/// `is_active`, `fleet_type` and `parent_park_id` may be missing or null; a document in which one of them has another
/// type than the contract (section 1) says is kept aside, too. A park without `is_active` is not active.
///
/// What takes a right away is read by itself, whatever else is in the document (TakesRightsAway): a park is active only
/// while `is_active` is true.
struct CachedPark {
    using Value = Park;
    static constexpr std::string_view name = "parks";
    /// 2: what a document that is kept aside takes away is in the records.
    static constexpr std::uint32_t schema_version = 2;

    /// The secondary index.
    static constexpr std::size_t by_parent = 0;
    static constexpr std::size_t index_count = 1;

    [[nodiscard]] static std::span<const std::string_view> fields() noexcept;
    [[nodiscard]] static incremental_cache::Parsed<Park> parse(bson::View document);
    [[nodiscard]] static std::optional<Park> reduced(bson::View document, const Park* known);
    [[nodiscard]] static std::string_view id(const Park& park) noexcept { return park.id; }
    template <typename Use>
    static void for_each_key(const Park& park, Use&& use) {
        if (!park.parent_park_id.empty()) {
            use(by_parent, std::string_view(park.parent_park_id));
        }
    }
    static void write(const Park& park, incremental_cache::RecordWriter& writer);
    [[nodiscard]] static Park read(incremental_cache::RecordReader& reader);
};

}  // namespace twinfleet::driver_cache
