#pragma once

#include "platform/postgres/pool.hpp"
#include "platform/service_settings/section.hpp"

/// Apart from the other sections, so that only who uses PostgreSQL links its client.
namespace twinfleet::service_settings {

/// `dsn`, `connections_max` and the timeouts.
void read_postgres(Section section, postgres::Settings& settings);

}  // namespace twinfleet::service_settings
