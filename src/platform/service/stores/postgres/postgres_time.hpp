#pragma once

#include "platform/postgres/pool.hpp"
#include "platform/service/stores/time_source.hpp"

namespace twinfleet::service {

/// The clock of the PostgreSQL server. `pool` outlives the result.
[[nodiscard]] TimeSource postgres_time(postgres::Pool& pool);

}  // namespace twinfleet::service
