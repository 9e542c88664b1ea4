#pragma once

#include <string>
#include <unordered_set>
#include <vector>

#include "capabilities/mirroring/memory/links/link_store.hpp"
#include "capabilities/mirroring/memory/quarantine/quarantine.hpp"
#include "capabilities/mirroring/memory/rounds/shard.hpp"

namespace twinfleet::mirroring {

/// The parks in which a parent can be mirrored, or can be in quarantine because its park is: parks that have a child,
/// parks whose child was retired, and parks in quarantine.
struct ShardParks {
    /// The parks of the shard, in ascending order.
    std::vector<domain::ParentParkId> of_shard;
    /// The parks of all shards.
    std::unordered_set<std::string> of_all_shards;
};

/// Finds these parks by walking all links and quarantine entries of parks, a page at a time. Throws what the stores
/// throw.
[[nodiscard]] ShardParks find_shard_parks(LinkStore& links, QuarantineStore& quarantine,
                                          const domain::AppFamily& family, const Shard& shard);

}  // namespace twinfleet::mirroring
