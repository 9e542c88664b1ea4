#pragma once

#include "platform/mongo/client.hpp"
#include "platform/service/stores/time_source.hpp"

namespace twinfleet::service {

/// The clock of the MongoDB server, which sets `updated_ts`, to the millisecond. `pool` outlives the result.
[[nodiscard]] TimeSource mongo_time(const mongo::Pool& pool);

}  // namespace twinfleet::service
