#pragma once

#include <cstddef>

#include "platform/postgres/schema.hpp"

namespace twinfleet::mirroring {

/// Brings schema `fleet_sync` (contract, section 2) up to date: the numbered files of migrations/, then a link table
/// for every entity of the table that has none. Returns how many steps and tables were made. Safe to call from several
/// processes at once; errors as postgres::migrate().
std::size_t migrate_schema(postgres::Pool& pool);

using postgres::SchemaState;

/// By the highest number among the migrations that were run, and by whether every entity has its link table.
[[nodiscard]] SchemaState schema_state(postgres::Pool& pool);

}  // namespace twinfleet::mirroring
