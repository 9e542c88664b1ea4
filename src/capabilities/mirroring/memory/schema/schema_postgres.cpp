#include "capabilities/mirroring/memory/schema/schema_postgres.hpp"

#include "capabilities/mirroring/entities/entity_table.hpp"
#include "embedded/mirroring_migrations.hpp"
#include "platform/postgres/array_literal.hpp"
#include "platform/postgres/pool.hpp"

namespace twinfleet::mirroring {
namespace {

constexpr auto schema_name = "fleet_sync";

std::size_t make_link_tables(postgres::Transaction& transaction) {
    // CREATE TABLE IF NOT EXISTS fails when two run it at the same moment.
    transaction.execute("SELECT pg_advisory_xact_lock(hashtextextended('twinfleet link tables', 0))");
    std::size_t made = 0;
    for (const Entity& entity : entities()) {
        made +=
            transaction.execute("SELECT fleet_sync.make_link_table($1)::int", entity.name).only_value<std::size_t>();
    }
    return made;
}

bool has_all_link_tables(postgres::Transaction& transaction) {
    return transaction
        .execute("SELECT bool_and(to_regclass('fleet_sync.' || name) IS NOT NULL) FROM unnest($1::text[]) AS name",
                 postgres::array_of(entities(), &Entity::name))
        .only_value<bool>();
}

}  // namespace

std::size_t migrate_schema(postgres::Pool& pool) {
    const std::size_t steps = postgres::migrate(pool, schema_name, embedded::mirroring::migrations);
    return steps + pool.transact(make_link_tables);
}

SchemaState schema_state(postgres::Pool& pool) {
    const SchemaState state = postgres::schema_state(pool, schema_name, embedded::mirroring::migrations);
    return state != SchemaState::current || pool.transact(has_all_link_tables) ? state : SchemaState::behind;
}

}  // namespace twinfleet::mirroring
