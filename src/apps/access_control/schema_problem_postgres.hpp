#pragma once

#include <string>

#include "platform/postgres/pool.hpp"

namespace twinfleet::access_control_app {

/// Why this program cannot work with the schema of the database, and what helps; empty when it can.
[[nodiscard]] std::string schema_problem(postgres::Pool& pool);

}  // namespace twinfleet::access_control_app
