#include "apps/access_control/schema_problem_postgres.hpp"

#include "capabilities/access_control/schema/schema_postgres.hpp"

namespace twinfleet::access_control_app {

std::string schema_problem(postgres::Pool& pool) {
    using access_control::SchemaState;
    switch (access_control::schema_state(pool)) {
        case SchemaState::behind:
            return "the schema is missing or older than this program: run access-control migrate";
        case SchemaState::ahead:
            return "the database is newer than this program";
        case SchemaState::current:
            break;
    }
    return {};
}

}  // namespace twinfleet::access_control_app
