#include "apps/access_control/parts/park_source.hpp"
#include "apps/access_control/settings.hpp"
#include "capabilities/access_control/api/audit_http.hpp"
#include "capabilities/access_control/api/check_http.hpp"
#include "capabilities/access_control/api/groups_http.hpp"
#include "capabilities/access_control/api/internal_http.hpp"
#include "capabilities/access_control/api/users_http.hpp"
#include "capabilities/access_control/child_parks/park_memory_postgres.hpp"
#include "capabilities/access_control/housekeeping/housekeeping_postgres.hpp"
#include "capabilities/access_control/schema/schema_postgres.hpp"
#include "embedded/openapi_yaml.hpp"
#include "platform/service/run.hpp"
#include "platform/service/store_time.hpp"
#include "platform/service/stores/postgres/postgres_store.hpp"
#include "platform/service/stores/postgres/postgres_time.hpp"

namespace {

using namespace twinfleet;
using access_control_app::Settings;

process::ExitCode start(service::Host& host, const Settings& settings) {
    // Neither connects before it is asked for something.
    postgres::Pool postgres(settings.postgres);
    const mongo::Pool mongo(settings.mongo);
    // Who tells which parks are children is not waited for: without him the service goes on with what it knows.
    if (const auto end = host.open({service::postgres_store(
            postgres, settings.postgres,
            {.migrate = access_control::migrate_schema, .state = access_control::schema_state})})) {
        return *end;
    }

    const service::StoreTime time(host, {service::postgres_time(postgres)}, settings.clock);
    const auto park_source = access_control_app::make_park_source(settings.synchronizer, mongo, host);
    access_control::PostgresParkMemory park_memory(postgres);
    access_control::ChildParks child_parks(*park_source, park_memory, host.clock(), settings.child_parks, host.log());
    access_control::PostgresDirectory directory(postgres);
    access_control::AuditTrail trail(postgres);

    const access_control::DirectoryApi directory_api{directory, child_parks, host.log()};
    return host.serve(
        {.routes = {access_control::group_routes(directory_api), access_control::user_routes(directory_api),
                    access_control::audit_routes(trail),
                    access_control::check_routes(postgres, child_parks, host.metrics()),
                    access_control::internal_routes(postgres, child_parks)},
         .openapi = embedded::openapi_yaml,
         .work = [&] { access_control::keep_house(postgres, settings.housekeeping, host.log(), host.stop()); }});
}

}  // namespace

int main(int argument_count, char** arguments) {
    return service::run({.name = "access-control",
                         .purpose = "Users of parks, their groups, and what these grant.",
                         .version = TWINFLEET_VERSION,
                         .migrates = "Create or update the PostgreSQL schema"},
                        access_control_app::settings_layers(), start, argument_count, arguments);
}
