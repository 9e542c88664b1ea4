#pragma once

#include <cstddef>

#include "platform/postgres/schema.hpp"

namespace twinfleet::mirroring {

/// Brings the schema `fleet_sync` (contract, section 2) up to date: runs the numbered files of migrations/ that were
/// not run yet, then makes a link table for every entity that has none. Returns how many files were run and tables
/// made. Safe to call from several processes at once; errors as of postgres::migrate().
std::size_t migrate_schema(postgres::Pool& pool);

using postgres::SchemaState;

/// Whether the schema is the one that this program knows, judged by the highest number of the migrations that were run,
/// and by whether every entity has its link table.
[[nodiscard]] SchemaState schema_state(postgres::Pool& pool);

}  // namespace twinfleet::mirroring
