#include "apps/fleet_synchronizer/startup/schema_state_postgres.hpp"

#include "capabilities/mirroring/entities/entity_table.hpp"

namespace twinfleet::fleet_synchronizer {

bool is_schema_present(postgres::Pool& pool) {
    postgres::ArrayLiteral tables;
    tables.add("schema_migrations");
    for (const mirroring::Entity& entity : mirroring::entities()) {
        tables.add(entity.name);
    }
    return pool.transact([names = std::move(tables).take()](pqxx::work& transaction) {
        return transaction
            .exec_params1(
                "SELECT bool_and(to_regclass('fleet_sync.' || name) IS NOT NULL) FROM unnest($1::text[]) AS name",
                names)[0]
            .as<bool>();
    });
}

}  // namespace twinfleet::fleet_synchronizer
