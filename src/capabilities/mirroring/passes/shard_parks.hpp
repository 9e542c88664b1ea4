#pragma once

#include <string>
#include <unordered_set>
#include <vector>

#include "capabilities/mirroring/memory/links/link_store.hpp"
#include "capabilities/mirroring/memory/quarantine/quarantine.hpp"
#include "capabilities/mirroring/memory/rounds/shard.hpp"

namespace twinfleet::mirroring {

/// The parks in which anything can be mirrored, or be in quarantine for its park's sake: those that have a child, or
/// had one until it was retired, and those in quarantine.
struct ShardParks {
    /// Those of the shard, in ascending order.
    std::vector<domain::ParentParkId> of_shard;
    /// Those of all shards.
    std::unordered_set<std::string> of_all_shards;
};

/// Walks all links and quarantine entries of parks, a page at a time. Throws what the stores throw.
[[nodiscard]] ShardParks find_shard_parks(LinkStore& links, QuarantineStore& quarantine,
                                          const domain::AppFamily& family, const Shard& shard);

}  // namespace twinfleet::mirroring
