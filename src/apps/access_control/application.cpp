#include "apps/access_control/application.hpp"

#include <iostream>
#include <memory>

#include <unistd.h>

#include "apps/access_control/readiness.hpp"
#include "apps/access_control/schema_problem_postgres.hpp"
#include "apps/access_control/serve.hpp"
#include "apps/access_control/settings.hpp"
#include "capabilities/access_control/api/check_http.hpp"
#include "capabilities/access_control/api/groups_http.hpp"
#include "capabilities/access_control/api/internal_http.hpp"
#include "capabilities/access_control/api/users_http.hpp"
#include "capabilities/access_control/child_parks/park_memory_postgres.hpp"
#include "capabilities/access_control/child_parks/park_source_http.hpp"
#include "capabilities/access_control/child_parks/park_source_mongo.hpp"
#include "capabilities/access_control/schema/schema_postgres.hpp"
#include "platform/metrics/process_metrics.hpp"
#include "platform/process/shutdown_deadline.hpp"
#include "platform/process/signals.hpp"
#include "platform/startup/wait_for_stores.hpp"

namespace twinfleet::access_control_app {
namespace {

using std::chrono::milliseconds;

/// Under the 10 s of the contract (section 4).
constexpr milliseconds shutdown_limit{9'000};

ExitCode check_config(const CheckConfig& command, const config::Environment& environment) {
    // A value that the environment hides today is checked, too.
    const auto empty_environment = [](const std::string&) { return std::optional<std::string>(); };
    static_cast<void>(read_settings(command.file, empty_environment));
    const Settings settings = read_settings(command.file, environment);
    if (!settings.api.service_tokens_file.empty()) {
        static_cast<void>(http::ServiceTokens::read(settings.api.service_tokens_file));
    }
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

void append(std::vector<http::Route>& routes, std::vector<http::Route> more) {
    routes.insert(routes.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

}  // namespace

ExitCode execute(const CommandLine& command_line, const config::Environment& environment) {
    if (const auto* check = std::get_if<CheckConfig>(&command_line.command)) {
        return check_config(*check, environment);
    }
    const process::StopSignals signals;
    const std::stop_token stop = signals.token();
    const bool is_serving = std::holds_alternative<Serve>(command_line.command);

    const Settings settings = read_settings(command_line.config, environment);
    const auto log =
        service_settings::make_logger(settings.log, "access-control", !is_serving || isatty(STDERR_FILENO) == 1);
    // A hanging store must not hold up the end of anything below.
    std::optional<process::ShutdownDeadline> shutdown_deadline;
    if (is_serving) {
        shutdown_deadline.emplace(stop, shutdown_limit, *log);
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
    if (const std::string problem = schema_problem(postgres); !problem.empty()) {
        say(problem);
        return ExitCode::wrong_usage;
    }

    std::unique_ptr<http::ServiceTokensFile> tokens;
    if (settings.api.service_tokens_file.empty()) {
        log->warning("nobody is let in: neither FLEET_SERVICE_TOKENS nor api.service_tokens_file is set");
    } else {
        tokens = std::make_unique<http::ServiceTokensFile>(settings.api.service_tokens_file, *log);
    }

    const auto park_source = make_park_source(settings, mongo);
    access_control::PostgresParkMemory park_memory(postgres);
    access_control::ChildParks child_parks(*park_source, park_memory, clock, settings.child_parks, *log);
    access_control::PostgresDirectory directory(postgres);

    metrics::Registry registry;
    auto& pool_connections =
        registry.gauges("store_pool_connections", "Connections of the process to its stores", {"store", "state"});
    auto& pool_connections_max = registry.gauges("store_pool_connections_max", "How many there may be", {"store"});
    metrics::add_process_metrics(registry);
    registry.before_text([&] {
        const auto usage = postgres.usage();
        pool_connections.with({"postgresql", "open"}).set(static_cast<double>(usage.open));
        pool_connections.with({"postgresql", "in_use"}).set(static_cast<double>(usage.in_use));
        pool_connections_max.with({"postgresql"}).set(static_cast<double>(usage.max));
    });

    std::vector<http::Route> routes;
    append(routes, access_control::group_routes({directory, child_parks}));
    append(routes, access_control::user_routes({directory, child_parks}));
    append(routes, access_control::check_routes(postgres, child_parks, registry));
    append(routes, access_control::internal_routes(postgres, child_parks));

    Readiness readiness(settings);
    return serve({
        .settings = settings,
        .routes = std::move(routes),
        .tokens = tokens == nullptr ? http::TokenSource() : [&tokens] { return tokens->snapshot(); },
        .registry = registry,
        .check_stores = [&readiness] { return readiness.checks(); },
        .log = *log,
        .stop = stop,
    });
}

}  // namespace twinfleet::access_control_app
