#pragma once

#include <string>

#include "platform/postgres/pool.hpp"

namespace twinfleet::fleet_synchronizer {

/// Why this program cannot work with the schema of the links, and what helps; empty when it can.
[[nodiscard]] std::string schema_problem(postgres::Pool& pool);

}  // namespace twinfleet::fleet_synchronizer
