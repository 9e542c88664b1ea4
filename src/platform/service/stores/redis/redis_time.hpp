#pragma once

#include "platform/redis/client.hpp"
#include "platform/service/stores/time_source.hpp"

namespace twinfleet::service {

/// The clock of the Redis server; of a cluster, that of the master of one slot, which is the
/// same for all replicas. `pool` outlives the result.
[[nodiscard]] TimeSource redis_time(const redis::Pool& pool);

}  // namespace twinfleet::service
