#include "capabilities/access_control/schema/schema_postgres.hpp"

#include "embedded/access_control_migrations.hpp"

namespace twinfleet::access_control {
namespace {

constexpr auto schema_name = "access_control";

}  // namespace

std::size_t migrate_schema(postgres::Pool& pool) {
    return postgres::migrate(pool, schema_name, embedded::access_control::migrations);
}

SchemaState schema_state(postgres::Pool& pool) {
    return postgres::schema_state(pool, schema_name, embedded::access_control::migrations);
}

}  // namespace twinfleet::access_control
