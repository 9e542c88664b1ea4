#include "apps/access_control/application.hpp"

#include <iostream>
#include <memory>

#include <unistd.h>

#include "apps/access_control/settings.hpp"
#include "capabilities/access_control/api/check_http.hpp"
#include "capabilities/access_control/api/groups_http.hpp"
#include "capabilities/access_control/api/internal_http.hpp"
#include "capabilities/access_control/api/users_http.hpp"
#include "capabilities/access_control/child_parks/park_memory_postgres.hpp"
#include "capabilities/access_control/child_parks/park_source_http.hpp"
#include "capabilities/access_control/child_parks/park_source_mongo.hpp"
#include "capabilities/access_control/schema/schema_postgres.hpp"
#include "embedded/openapi_yaml.hpp"
#include "platform/http/bounded_checks.hpp"
#include "platform/metrics/pool_metrics.hpp"
#include "platform/metrics/process_metrics.hpp"
#include "platform/process/shutdown_deadline.hpp"
#include "platform/process/signals.hpp"
#include "platform/startup/serve_api.hpp"
#include "platform/startup/wait_for_stores.hpp"

namespace twinfleet::access_control_app {
namespace {

using process::ExitCode;

ExitCode check_config(const std::filesystem::path& file, const config::Environment& environment) {
    const Settings settings = settings_layers().check(file, environment);
    service_settings::check_service_tokens(settings.api);
    std::cout << "ok\n";
    return ExitCode::done;
}

ExitCode migrate(postgres::Pool& postgres) {
    const std::size_t steps = access_control::migrate_schema(postgres);
    if (steps == 0) {
        std::cout << "the PostgreSQL schema is up to date\n";
    } else {
        std::cout << "the PostgreSQL schema was brought up to date in " << steps << " steps\n";
    }
    return ExitCode::done;
}

std::unique_ptr<access_control::ParkSource> make_park_source(const Settings& settings, const mongo::Pool& mongo) {
    if (!settings.synchronizer.base_url.empty()) {
        return std::make_unique<access_control::HttpParkSource>(settings.synchronizer);
    }
    return std::make_unique<access_control::MongoParkSource>(mongo);
}

}  // namespace

const command_line::ServiceProgram& program() {
    static const command_line::ServiceProgram described{
        .name = "access-control",
        .purpose = "Users of parks, their groups, and what these grant.",
        .version = TWINFLEET_VERSION,
        .has_schema = true};
    return described;
}

ExitCode execute(const command_line::ServiceCommandLine& command_line, const config::Environment& environment) {
    if (const auto* check = std::get_if<command_line::CheckConfig>(&command_line.command)) {
        return check_config(check->file, environment);
    }
    const process::StopSignals signals;
    const std::stop_token stop = signals.token();
    const bool is_serving = std::holds_alternative<command_line::Serve>(command_line.command);

    const Settings settings = settings_layers().read(command_line.config, environment);
    const auto log =
        service_settings::make_logger(settings.log, program().name, !is_serving || isatty(STDERR_FILENO) == 1);
    // A hanging store must not hold up the end of anything below.
    std::optional<process::ShutdownDeadline> shutdown_deadline;
    if (is_serving) {
        shutdown_deadline.emplace(stop, process::shutdown_limit, *log);
    }

    // Neither connects before it is asked for something.
    postgres::Pool postgres(settings.postgres);
    const mongo::Pool mongo(settings.mongo);

    const platform::SystemClock clock;
    const auto say = [](std::string_view line) { std::cerr << line << std::endl; };
    platform::wait_for_stores({[&postgres] { postgres.ping(); }}, command_line.timeout, clock, say, stop);
    if (stop.stop_requested()) {
        return is_serving ? ExitCode::done : ExitCode::interrupted;
    }
    if (!is_serving) {
        return migrate(postgres);
    }
    const auto schema_problem = [](postgres::Pool& pool) {
        return postgres::schema_problem(access_control::schema_state(pool), program().name);
    };
    if (const std::string problem = schema_problem(postgres); !problem.empty()) {
        say(problem);
        return ExitCode::wrong_usage;
    }

    const auto park_source = make_park_source(settings, mongo);
    access_control::PostgresParkMemory park_memory(postgres);
    access_control::ChildParks child_parks(*park_source, park_memory, clock, settings.child_parks, *log);
    access_control::PostgresDirectory directory(postgres);

    metrics::Registry registry;
    metrics::add_process_metrics(registry);
    metrics::add_pool_metrics(registry, {metrics::watched("postgresql", postgres)});

    // Who tells which parks are children is not asked: without him the service goes on with what it knows.
    postgres::Pool probed_postgres(postgres::probe_settings(settings.postgres, http::probe_limit));
    http::BoundedChecks checks({{"postgresql", [&] { return probed_postgres.ping(), std::string(); }},
                                {"schema", [&] { return schema_problem(probed_postgres); }}},
                               http::probe_limit);
    return platform::serve_api({
        .settings = service_settings::server_settings(settings.api),
        .monitor = settings.monitor,
        .service_tokens_file = settings.api.service_tokens_file,
        .routes = {access_control::group_routes({directory, child_parks}),
                   access_control::user_routes({directory, child_parks}),
                   access_control::check_routes(postgres, child_parks, registry),
                   access_control::internal_routes(postgres, child_parks)},
        .openapi = embedded::openapi_yaml,
        .registry = registry,
        .check = [&checks] { return checks.answers(); },
        .log = *log,
        .stop = stop,
    });
}

}  // namespace twinfleet::access_control_app
