#pragma once

#include <cstddef>
#include <functional>

#include "platform/postgres/pool.hpp"
#include "platform/postgres/schema.hpp"
#include "platform/service/settings/section.hpp"
#include "platform/service/stores/store.hpp"

/// These functions are apart from those of other stores, so that only a service that uses PostgreSQL links its client.
namespace twinfleet::service {

/// Reads the section `postgres`: `dsn`, `connections_max` and the timeouts.
void read_postgres(Section section, postgres::Settings& settings);

/// The schema of one service.
struct PostgresSchema {
    /// Brings the schema up to date, and returns how many steps that took.
    std::function<std::size_t(postgres::Pool& pool)> migrate;
    /// Compares the schema with the one that the program knows.
    std::function<postgres::SchemaState(postgres::Pool& pool)> state;
};

/// PostgreSQL, with the schema of the service, as a store of a service; /ready checks the schema as well. `pool`, which
/// was made with `settings`, outlives the result.
[[nodiscard]] Store postgres_store(postgres::Pool& pool, const postgres::Settings& settings,
                                   const PostgresSchema& schema);

}  // namespace twinfleet::service
