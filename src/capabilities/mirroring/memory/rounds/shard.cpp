#include "capabilities/mirroring/memory/rounds/shard.hpp"

#include <xxhash.h>

namespace twinfleet::mirroring {

bool Shard::holds(std::string_view parent_park_id) const {
    if (is_whole()) {
        return true;
    }
    const std::uint64_t place =
        parent_park_id.empty() ? 0 : XXH3_64bits(parent_park_id.data(), parent_park_id.size()) % count;
    return place == index;
}

}  // namespace twinfleet::mirroring
