#include "apps/access_control/readiness.hpp"

#include "apps/access_control/schema_problem_postgres.hpp"

namespace twinfleet::access_control_app {
namespace {

constexpr std::chrono::milliseconds limit{2'000};

/// So that a question whose answer nobody waits for any more comes to its end, too.
postgres::Settings impatient(postgres::Settings settings) {
    // One for the ping, one for the schema.
    settings.connections_max = 2;
    settings.connect_timeout = limit;
    settings.statement_timeout = limit;
    return settings;
}

}  // namespace

Readiness::Readiness(const Settings& settings)
    : postgres_(impatient(settings.postgres)),
      checks_({{"postgresql", [this] { return postgres_.ping(), std::string(); }},
               {"schema", [this] { return schema_problem(postgres_); }}},
              limit) {}

}  // namespace twinfleet::access_control_app
