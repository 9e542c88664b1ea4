#include "apps/fleet_synchronizer/startup/readiness.hpp"

#include <string>

#include "apps/fleet_synchronizer/startup/schema_problem_postgres.hpp"

namespace twinfleet::fleet_synchronizer {
namespace {

constexpr std::chrono::milliseconds limit{2'000};

/// So that a question whose answer nobody waits for any more comes to its end, too.
mongo::Settings impatient(mongo::Settings settings) {
    settings.connections_max = 1;
    settings.server_selection_timeout = limit;
    settings.connect_timeout = limit;
    settings.socket_timeout = limit;
    settings.connection_wait_timeout = limit;
    return settings;
}

postgres::Settings impatient(postgres::Settings settings) {
    // One for the ping, one for the schema.
    settings.connections_max = 2;
    settings.connect_timeout = limit;
    settings.statement_timeout = limit;
    return settings;
}

}  // namespace

Readiness::Readiness(const Settings& settings)
    : mongo_(impatient(settings.mongo)),
      postgres_(impatient(settings.postgres)),
      checks_({{"mongodb", [this] { return mongo_.ping(), std::string(); }},
               {"postgresql", [this] { return postgres_.ping(), std::string(); }},
               {"schema", [this] { return schema_problem(postgres_); }}},
              limit) {}

}  // namespace twinfleet::fleet_synchronizer
