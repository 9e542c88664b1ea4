#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "platform/postgres/migration.hpp"

namespace twinfleet::postgres {

class Pool;

/// Brings `schema` up to date and returns how many steps were run. Safe to call from several processes at once: an
/// advisory lock lets in one after the other. Throws platform::StoreRefused when the text of a step has changed since
/// it was run, or when the database has run a step that this program does not know. Throws std::invalid_argument when
/// two steps have the same number.
std::size_t migrate(Pool& pool, std::string_view schema, std::span<const Migration> migrations);

/// How the schema of a database compares with the one that a program knows.
enum class SchemaState : std::uint8_t {
    behind,   ///< missing, or older than this program: `migrate` helps
    current,  ///< as `migrate` leaves it
    ahead,    ///< made by a newer program
};

/// Compares the highest number of the steps that were run with the highest number of `migrations`, which are not empty.
[[nodiscard]] SchemaState schema_state(Pool& pool, std::string_view schema, std::span<const Migration> migrations);

/// Why `program` cannot work with a schema in this state, and what helps; empty when it can.
[[nodiscard]] std::string schema_problem(SchemaState state, std::string_view program);

}  // namespace twinfleet::postgres
