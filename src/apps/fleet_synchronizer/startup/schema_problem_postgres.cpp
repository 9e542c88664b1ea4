#include "apps/fleet_synchronizer/startup/schema_problem_postgres.hpp"

#include "capabilities/mirroring/schema/schema_postgres.hpp"

namespace twinfleet::fleet_synchronizer {

std::string schema_problem(postgres::Pool& pool) {
    switch (mirroring::schema_state(pool)) {
        case mirroring::SchemaState::behind:
            return "the schema is missing or older than this program: run fleet-synchronizer migrate";
        case mirroring::SchemaState::ahead:
            return "the database is newer than this program";
        case mirroring::SchemaState::current:
            break;
    }
    return {};
}

}  // namespace twinfleet::fleet_synchronizer
