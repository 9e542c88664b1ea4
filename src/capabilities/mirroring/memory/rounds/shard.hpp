#pragma once

#include <cstdint>
#include <string_view>

namespace twinfleet::mirroring {

/// A part of the parents of one entity. Each park belongs to one shard, the same on every machine, so replicas can
/// share a full pass by shards. A document without a park belongs to the first shard.
struct Shard {
    std::uint32_t index = 0;
    std::uint32_t count = 1;

    /// Whether this is the only shard, which holds everything.
    [[nodiscard]] constexpr bool is_whole() const noexcept { return count == 1; }
    /// Whether the park belongs to this shard.
    [[nodiscard]] bool holds(std::string_view parent_park_id) const;
    bool operator==(const Shard&) const = default;
};

}  // namespace twinfleet::mirroring
