#include "capabilities/mirroring/schema/schema_postgres.hpp"

#include <string>
#include <vector>

#include "capabilities/mirroring/entities/entity_table.hpp"
#include "embedded/mirroring_migrations.hpp"

namespace twinfleet::mirroring {
namespace {

std::size_t make_link_tables(pqxx::work& transaction) {
    // CREATE TABLE IF NOT EXISTS fails when two run it at the same moment.
    transaction.exec("SELECT pg_advisory_xact_lock(hashtextextended('twinfleet link tables', 0))");
    std::size_t made = 0;
    for (const Entity& entity : entities()) {
        made += transaction.exec_params1("SELECT fleet_sync.make_link_table($1)::int", std::string(entity.name))[0]
                    .as<std::size_t>();
    }
    return made;
}

}  // namespace

std::size_t migrate_schema(postgres::Pool& pool) {
    std::vector<postgres::Migration> migrations;
    for (const auto& file : embedded::mirroring::migrations) {
        migrations.push_back({file.number, std::string(file.name), file.sql});
    }
    const std::size_t steps = postgres::migrate(pool, "fleet_sync", migrations);
    return steps + pool.transact(make_link_tables);
}

}  // namespace twinfleet::mirroring
