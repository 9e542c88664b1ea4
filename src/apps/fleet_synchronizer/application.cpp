#include "apps/fleet_synchronizer/application.hpp"

#include <algorithm>
#include <map>
#include <set>

#include <unistd.h>

#include "apps/fleet_synchronizer/commands/check_config.hpp"
#include "apps/fleet_synchronizer/commands/create_child.hpp"
#include "apps/fleet_synchronizer/commands/get_links.hpp"
#include "apps/fleet_synchronizer/commands/migrate.hpp"
#include "apps/fleet_synchronizer/commands/quarantine.hpp"
#include "apps/fleet_synchronizer/commands/run_jobs.hpp"
#include "apps/fleet_synchronizer/commands/serve.hpp"
#include "apps/fleet_synchronizer/commands/shutdown_deadline.hpp"
#include "apps/fleet_synchronizer/commands/verify.hpp"
#include "apps/fleet_synchronizer/settings.hpp"
#include "apps/fleet_synchronizer/startup/city_configuration.hpp"
#include "apps/fleet_synchronizer/startup/readiness.hpp"
#include "apps/fleet_synchronizer/startup/schema_problem_postgres.hpp"
#include "apps/fleet_synchronizer/startup/wait_for_stores.hpp"
#include "capabilities/mirroring/entities/entity_table.hpp"
#include "capabilities/mirroring/leases/lease_store_postgres.hpp"
#include "capabilities/mirroring/links/link_store_postgres.hpp"
#include "capabilities/mirroring/quarantine/quarantine_store_postgres.hpp"
#include "capabilities/mirroring/runs/run_store_postgres.hpp"
#include "capabilities/mirroring/stores/entity_store_mongo.hpp"
#include "capabilities/mirroring/stores/unique_driver_store_mongo.hpp"
#include "platform/concurrency/guarded.hpp"
#include "platform/errors/store_error.hpp"
#include "platform/process/signals.hpp"

namespace twinfleet::fleet_synchronizer {
namespace {

using std::chrono::milliseconds;

/// Under the 10 s of the contract (section 4).
constexpr milliseconds shutdown_limit{9'000};

template <typename... Commands>
bool is_any_of(const Command& command) {
    return (std::holds_alternative<Commands>(command) || ...);
}

bool needs_mongo(const Command& command) {
    return !is_any_of<GetLinks, ListQuarantine, DropQuarantine>(command);
}

bool needs_cities(const Command& command) {
    return is_any_of<Serve, RunJobs, CreateChildDriver, Verify, RetryQuarantine>(command);
}

std::string family_of(const Command& command) {
    if (const auto* run = std::get_if<RunJobs>(&command)) {
        return run->family;
    }
    if (const auto* create = std::get_if<CreateChildDriver>(&command)) {
        return create->family;
    }
    if (const auto* verify = std::get_if<Verify>(&command)) {
        return verify->family;
    }
    return {};
}

/// What is wrong with the command under these settings; empty: nothing.
std::string usage_problem(const Command& command, const Settings& settings) {
    const std::string name = family_of(command);
    const domain::AppFamily family{name};
    const auto& families = settings.families;
    const bool is_known = std::find(families.begin(), families.end(), family) != families.end();
    // Only a child is asked for with a family that must be named.
    if (!is_known && (!name.empty() || std::holds_alternative<CreateChildDriver>(command))) {
        std::string problem = "unknown family \"" + name + "\"; configured:";
        for (const domain::AppFamily& configured : families) {
            problem += " " + configured.name;
        }
        return problem;
    }
    if (const auto* run = std::get_if<RunJobs>(&command); run != nullptr && !run->is_all) {
        if (std::find(run->jobs.begin(), run->jobs.end(), users_job) != run->jobs.end()) {
            return settings.access_control.url.empty()
                       ? "the users job needs access-control: set FLEET_ACCESS_CONTROL_URL or access_control.url"
                       : "this version has no users job yet";
        }
    }
    return {};
}

void say_what_is_left_out(const Command& command, const Settings& settings, const CityConfiguration* cities,
                          Console& console) {
    if (is_any_of<RunJobs, Serve>(command) && cities != nullptr && !cities->is_set()) {
        console.say("no city is enabled: neither FLEET_TYPED_CONFIGS nor typed_configs.file is set");
    }
    if (const auto* run = std::get_if<RunJobs>(&command); run != nullptr && run->is_all) {
        console.say(settings.access_control.url.empty()
                        ? "the users job is left out: neither FLEET_ACCESS_CONTROL_URL nor access_control.url is set"
                        : "the users job is left out: this version has none yet");
    }
}

std::unique_ptr<log::Logger> make_logger(const Settings& settings, const Command& command, const Console& console) {
    log::Settings log;
    log.level = settings.log_level;
    log.program = "fleet-synchronizer";
    const bool is_for_person = console.has_status() || !std::holds_alternative<Serve>(command);
    const bool is_console =
        settings.log_format == LogFormat::automatic ? is_for_person : settings.log_format == LogFormat::console;
    log.format = is_console ? log::Format::console : log::Format::json;
    return log::make_stderr_logger(log);
}

/// Names this process to a person who asks who holds a job.
std::string lease_holder() {
    char host[256] = "";
    gethostname(host, sizeof host - 1);
    return std::string(host) + " (process " + std::to_string(getpid()) + ")";
}

/// A store that is away is noticed in time for `--timeout`.
mongo::Settings within(mongo::Settings settings, milliseconds timeout) {
    settings.server_selection_timeout =
        std::min(settings.server_selection_timeout, std::max(timeout, milliseconds(100)));
    return settings;
}

}  // namespace

ExitCode execute(const CommandLine& command_line, const config::Environment& environment, Console& console) {
    const Command& command = command_line.command;
    if (const auto* check = std::get_if<CheckConfig>(&command)) {
        return check_config(check->file, environment, console);
    }
    const process::StopSignals signals;
    const std::stop_token stop = signals.token();
    const bool is_serving = std::holds_alternative<Serve>(command);
    const ExitCode if_stopped = is_serving ? ExitCode::done : ExitCode::interrupted;

    const Settings settings = read_settings(command_line.config, environment);
    if (const std::string problem = usage_problem(command, settings); !problem.empty()) {
        console.say(problem);
        return ExitCode::wrong_usage;
    }
    const auto stderr_logger = make_logger(settings, command, console);
    ConsoleLogger log(*stderr_logger, console);
    std::optional<CityConfiguration> cities;
    if (needs_cities(command)) {
        cities.emplace(settings.typed_configs,
                       is_serving ? CityConfiguration::Reload::when_it_changes : CityConfiguration::Reload::never, log);
    }
    say_what_is_left_out(command, settings, cities ? &*cities : nullptr, console);

    // A hanging store must not hold up the end of anything below.
    std::optional<ShutdownDeadline> shutdown_deadline;
    if (is_serving) {
        shutdown_deadline.emplace(stop, shutdown_limit, log);
    }

    // Neither connects before it is asked for something.
    const mongo::Pool mongo(within(settings.mongo, command_line.timeout));
    postgres::Pool postgres(settings.postgres);

    const platform::SystemClock clock;
    std::vector<Ping> pings{[&postgres] { postgres.ping(); }};
    if (needs_mongo(command)) {
        pings.emplace_back([&mongo] { mongo.ping(); });
    }
    wait_for_stores(pings, command_line.timeout, clock, console, stop);
    if (stop.stop_requested()) {
        return if_stopped;
    }
    if (std::holds_alternative<Migrate>(command)) {
        const ExitCode code = migrate(mongo, postgres, console);
        console.flush();
        return code;
    }
    if (const std::string problem = schema_problem(postgres); !problem.empty()) {
        console.say(problem);
        return ExitCode::wrong_usage;
    }

    const mirroring::Retry retry(command_line.timeout, clock, log, stop);
    mirroring::PostgresLinkStore links(postgres);
    mirroring::PostgresLeaseStore leases(postgres);
    mirroring::PostgresQuarantineStore quarantine(postgres);
    mirroring::PostgresRunStore runs(postgres);
    mirroring::RetryingLinkStore patient_links(links, retry);
    mirroring::RetryingQuarantineStore patient_quarantine(quarantine, retry);

    mirroring::RandomIdSource ids;
    std::vector<std::unique_ptr<mirroring::EntityStoreMongo>> entity_stores;
    std::map<std::string, mirroring::EntityStore*, std::less<>> stores;
    for (const mirroring::Entity& entity : mirroring::entities()) {
        entity_stores.push_back(
            std::make_unique<mirroring::EntityStoreMongo>(mongo, entity, mirroring::EntityStoreMongo::Settings{}));
        stores.emplace(entity.name, entity_stores.back().get());
    }
    mirroring::UniqueDriverStoreMongo unique_drivers(mongo, ids, mirroring::UniqueDriverStoreMongo::Settings{});

    metrics::Registry registry;
    mirroring::JobMetrics job_metrics(registry, clock);
    auto& pool_connections =
        registry.gauges("store_pool_connections", "Connections of the process to its stores", {"store", "state"});
    registry.before_text([&] {
        const auto show = [&](std::string_view store, const auto& usage) {
            pool_connections.with({store, "open"}).set(static_cast<double>(usage.open));
            pool_connections.with({store, "in_use"}).set(static_cast<double>(usage.in_use));
        };
        show("mongodb", mongo.usage());
        show("postgresql", postgres.usage());
    });
    platform::Guarded<std::set<std::pair<std::string, std::string>>> untaught;

    const mirroring::JobDependencies dependencies{
        .links = links,
        .leases = leases,
        .quarantine = quarantine,
        .runs = runs,
        .stores = stores,
        .unique_drivers = unique_drivers,
        .ids = ids,
        .clock = clock,
        .log = log,
        .enabled_parks = [&cities] { return cities->enabled_parks(); },
        .on_untaught_reference =
            [&](const mirroring::Entity& entity, std::string_view field) {
                job_metrics.untaught_reference(entity, field);
                const bool is_news = untaught.with(
                    [&](auto& known) { return known.emplace(std::string(entity.name), std::string(field)).second; });
                if (is_news) {
                    log.warning("a field holds ids of parents but has no policy",
                                {{"entity", entity.name}, {"field", field}});
                }
            },
    };
    const mirroring::JobSettings job_settings{.pass = settings.pass, .store_timeout = command_line.timeout};
    mirroring::JobRunner runner(dependencies, job_settings);
    const mirroring::LeaseSettings lease{.lifetime = settings.lease.lifetime, .holder = lease_holder()};
    const JobContext jobs{
        .runner = runner,
        .dependencies = dependencies,
        .settings = job_settings,
        .lease = lease,
        .lease_wait = settings.lease.wait,
        .families = settings.families,
        .runs_kept_of_each_job = settings.runs_kept_of_each_job,
        .retry = retry,
        .console = console,
        .stop = stop,
    };

    const auto run_command = [&]() -> ExitCode {
        if (is_serving) {
            Readiness readiness(settings);
            return serve({
                .settings = settings,
                .runner = runner,
                .dependencies = dependencies,
                .lease = lease,
                .job_metrics = job_metrics,
                .registry = registry,
                .check_stores = [&readiness] { return readiness.checks(); },
                .log = log,
                .stop = stop,
            });
        }
        if (const auto* run = std::get_if<RunJobs>(&command)) {
            return run_jobs(*run, jobs);
        }
        if (const auto* create = std::get_if<CreateChildDriver>(&command)) {
            return create_child_driver(*create, jobs);
        }
        if (const auto* options = std::get_if<Verify>(&command)) {
            return verify(*options, jobs);
        }
        if (const auto* get = std::get_if<GetLinks>(&command)) {
            return get_links(*get, patient_links, console);
        }
        if (const auto* list = std::get_if<ListQuarantine>(&command)) {
            return list_quarantine(*list, patient_quarantine, console);
        }
        if (const auto* retry_options = std::get_if<RetryQuarantine>(&command)) {
            return retry_quarantine(*retry_options, jobs);
        }
        return drop_quarantine(std::get<DropQuarantine>(command), patient_quarantine, console);
    };
    try {
        const ExitCode code = run_command();
        console.flush();
        return code;
    } catch (const platform::StoreUnavailable&) {
        // Who stops does not wait for a store to come back.
        if (stop.stop_requested()) {
            return if_stopped;
        }
        throw;
    }
}

}  // namespace twinfleet::fleet_synchronizer
