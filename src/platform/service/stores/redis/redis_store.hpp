#pragma once

#include "platform/redis/client.hpp"
#include "platform/service/settings/section.hpp"
#include "platform/service/stores/store.hpp"

/// These functions are apart from those of other stores, so that only a service that uses Redis links its client.
namespace twinfleet::service {

/// Reads the section `redis`: `uri`, the files for TLS, `connections_max`, the timeouts, and how replicas are waited
/// for.
void read_redis(Section section, redis::Settings& settings);

/// Redis as a store of a service. `pool`, which was made with `settings`, outlives the result.
[[nodiscard]] Store redis_store(const redis::Pool& pool, const redis::Settings& settings);

}  // namespace twinfleet::service
