#include "capabilities/mirroring/memory/schema/schema_postgres.hpp"

#include <string>
#include <string_view>
#include <utility>
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

/// Whether all of these tables are there.
bool has_tables(pqxx::work& transaction, const std::vector<std::string_view>& names) {
    postgres::ArrayLiteral tables;
    for (const std::string_view name : names) {
        tables.add(name);
    }
    return transaction
        .exec_params1("SELECT bool_and(to_regclass('fleet_sync.' || name) IS NOT NULL) FROM unnest($1::text[]) AS name",
                      std::move(tables).take())[0]
        .as<bool>();
}

}  // namespace

std::size_t migrate_schema(postgres::Pool& pool) {
    std::vector<postgres::Migration> migrations;
    migrations.reserve(embedded::mirroring::migrations.size());
    for (const auto& file : embedded::mirroring::migrations) {
        migrations.push_back({file.number, std::string(file.name), file.sql});
    }
    const std::size_t steps = postgres::migrate(pool, "fleet_sync", migrations);
    return steps + pool.transact(make_link_tables);
}

SchemaState schema_state(postgres::Pool& pool) {
    constexpr int newest_known = embedded::mirroring::migrations.back().number;
    return pool.transact([](pqxx::work& transaction) {
        if (!has_tables(transaction, {"schema_migrations"})) {
            return SchemaState::behind;
        }
        const int newest_run =
            transaction.exec1("SELECT coalesce(max(number), 0) FROM fleet_sync.schema_migrations")[0].as<int>();
        if (newest_run > newest_known) {
            return SchemaState::ahead;
        }
        std::vector<std::string_view> link_tables;
        for (const Entity& entity : entities()) {
            link_tables.push_back(entity.name);
        }
        return newest_run == newest_known && has_tables(transaction, link_tables) ? SchemaState::current
                                                                                  : SchemaState::behind;
    });
}

}  // namespace twinfleet::mirroring
