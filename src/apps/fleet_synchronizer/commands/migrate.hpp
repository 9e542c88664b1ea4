#pragma once

#include "apps/fleet_synchronizer/output/console.hpp"
#include "platform/mongo/client.hpp"
#include "platform/postgres/pool.hpp"
#include "platform/process/exit_code.hpp"

namespace twinfleet::fleet_synchronizer {

/// `migrate`: the PostgreSQL schema and the MongoDB indexes; may be repeated.
[[nodiscard]] process::ExitCode migrate(const mongo::Pool& mongo, postgres::Pool& postgres, Console& console);

}  // namespace twinfleet::fleet_synchronizer
