#pragma once

#include "platform/postgres/pool.hpp"

namespace twinfleet::fleet_synchronizer {

/// Whether `migrate` has made the schema of the links, with a link table for every entity.
[[nodiscard]] bool is_schema_present(postgres::Pool& pool);

}  // namespace twinfleet::fleet_synchronizer
