#pragma once

#include <cstddef>

#include "platform/postgres/schema.hpp"

namespace twinfleet::access_control {

/// Brings schema `access_control` up to date: the numbered files of migrations/. Returns how many were run. Safe to
/// call from several processes at once; errors as postgres::migrate().
std::size_t migrate_schema(postgres::Pool& pool);

using postgres::SchemaState;

/// By the highest number among the migrations that were run.
[[nodiscard]] SchemaState schema_state(postgres::Pool& pool);

}  // namespace twinfleet::access_control
