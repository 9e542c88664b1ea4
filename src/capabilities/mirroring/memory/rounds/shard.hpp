#pragma once

#include <cstdint>
#include <string_view>

namespace twinfleet::mirroring {

/// A part of the parents of one entity, by park: replicas share a full pass by shards.
struct Shard {
    std::uint32_t index = 0;
    std::uint32_t count = 1;

    /// Everything, whatever its park.
    [[nodiscard]] constexpr bool is_whole() const noexcept { return count == 1; }
    /// Each park is of one shard, the same on every machine. What has no park is of the first shard.
    [[nodiscard]] bool holds(std::string_view parent_park_id) const;
    bool operator==(const Shard&) const = default;
};

}  // namespace twinfleet::mirroring
