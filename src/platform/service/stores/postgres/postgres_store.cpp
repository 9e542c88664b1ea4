#include "platform/service/stores/postgres/postgres_store.hpp"

namespace twinfleet::service {

void read_postgres(Section section, postgres::Settings& settings) {
    section.read_secret("dsn", settings.dsn);
    section.read("connections_max", settings.connections_max, {.min = 1, .max = 1'000});
    section.read("connect_timeout_ms", settings.connect_timeout, any_timeout);
    section.read("statement_timeout_ms", settings.statement_timeout);
    // Does not connect.
    section.check("dsn", [&] { const postgres::Pool pool(settings); });
}

Store postgres_store(postgres::Pool& pool, const postgres::Settings& settings, const PostgresSchema& schema) {
    const auto migrate = [&pool, schema](const Say& print, const Say& /*say*/) {
        const std::size_t steps = schema.migrate(pool);
        print(steps == 0 ? "the PostgreSQL schema is up to date"
                         : "the PostgreSQL schema was brought up to date in " + std::to_string(steps) + " steps");
    };
    const auto questions = [probed = postgres::probe_settings(settings, http::probe_limit),
                            schema](std::string_view program) {
        const auto probed_pool = std::make_shared<postgres::Pool>(probed);
        return std::vector<http::Question>{ping_question("postgresql", probed_pool),
                                           {"schema", [probed_pool, schema, program = std::string(program)] {
                                                return postgres::schema_problem(schema.state(*probed_pool), program);
                                            }}};
    };
    return {
        .name = "postgresql",
        .ping = [&pool] { pool.ping(); },
        .usage = [&pool] { return metrics::usage_of(pool); },
        .questions = questions,
        .schema_problem =
            [&pool, schema](std::string_view program) { return postgres::schema_problem(schema.state(pool), program); },
        .migrate = migrate,
        .may_send_password_in_plain = postgres::may_send_password_in_plain(settings)};
}

}  // namespace twinfleet::service
