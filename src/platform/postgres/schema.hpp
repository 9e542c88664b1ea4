#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "platform/postgres/migration.hpp"

namespace twinfleet::postgres {

class Pool;

/// Brings `schema` up to date and returns how many steps were run. Safe to call from several processes at once, as an
/// advisory lock lets one after the other in. Throws platform::StoreRefused when the text of a step that was run has
/// changed since, or when the database has run a step that this program does not know; std::invalid_argument when two
/// steps have one number.
std::size_t migrate(Pool& pool, std::string_view schema, std::span<const Migration> migrations);

enum class SchemaState : std::uint8_t {
    behind,   ///< missing, or older than this program: `migrate` helps
    current,  ///< as `migrate` leaves it
    ahead,    ///< made by a newer program
};

/// Compares the highest number of the steps that were run with that of these; there is at least one.
[[nodiscard]] SchemaState schema_state(Pool& pool, std::string_view schema, std::span<const Migration> migrations);

/// Why `program` cannot work with the schema, and what helps; empty when it can.
[[nodiscard]] std::string schema_problem(SchemaState state, std::string_view program);

}  // namespace twinfleet::postgres
