#include "capabilities/access_control/schema/schema_postgres.hpp"

#include <string>
#include <vector>

#include "embedded/access_control_migrations.hpp"

namespace twinfleet::access_control {

std::size_t migrate_schema(postgres::Pool& pool) {
    std::vector<postgres::Migration> migrations;
    migrations.reserve(embedded::access_control::migrations.size());
    for (const auto& file : embedded::access_control::migrations) {
        migrations.push_back({file.number, std::string(file.name), file.sql});
    }
    return postgres::migrate(pool, "access_control", migrations);
}

SchemaState schema_state(postgres::Pool& pool) {
    constexpr int newest_known = embedded::access_control::migrations.back().number;
    const int newest_run = pool.transact([](pqxx::work& transaction) {
        const bool has_table =
            transaction.exec1("SELECT to_regclass('access_control.schema_migrations') IS NOT NULL")[0].as<bool>();
        return has_table ? transaction.exec1("SELECT coalesce(max(number), 0) FROM access_control.schema_migrations")[0]
                               .as<int>()
                         : 0;
    });
    if (newest_run == newest_known) {
        return SchemaState::current;
    }
    return newest_run < newest_known ? SchemaState::behind : SchemaState::ahead;
}

}  // namespace twinfleet::access_control
