#include "capabilities/mirroring/memory/rounds/full_rounds.hpp"

namespace twinfleet::mirroring {

std::string shard_lease_name(std::string_view job, const Shard& shard) {
    return std::string(job) + "/full/" + std::to_string(shard.index + 1) + "-of-" + std::to_string(shard.count);
}

}  // namespace twinfleet::mirroring
