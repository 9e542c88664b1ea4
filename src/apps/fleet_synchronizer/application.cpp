#include "apps/fleet_synchronizer/application.hpp"

#include <algorithm>
#include <map>
#include <set>

#include <unistd.h>

#include "apps/fleet_synchronizer/commands/check_config.hpp"
#include "apps/fleet_synchronizer/commands/create_child.hpp"
#include "apps/fleet_synchronizer/commands/foreign_edits.hpp"
#include "apps/fleet_synchronizer/commands/get_links.hpp"
#include "apps/fleet_synchronizer/commands/migrate.hpp"
#include "apps/fleet_synchronizer/commands/quarantine.hpp"
#include "apps/fleet_synchronizer/commands/run_jobs.hpp"
#include "apps/fleet_synchronizer/commands/serve.hpp"
#include "apps/fleet_synchronizer/commands/verify.hpp"
#include "apps/fleet_synchronizer/settings.hpp"
#include "apps/fleet_synchronizer/startup/city_configuration.hpp"
#include "apps/fleet_synchronizer/startup/entity_stores.hpp"
#include "apps/fleet_synchronizer/startup/master_accounts_http.hpp"
#include "capabilities/mirroring/entities/entity_table.hpp"
#include "capabilities/mirroring/memory/foreign_edits/foreign_edit_store_postgres.hpp"
#include "capabilities/mirroring/memory/leases/lease_store_postgres.hpp"
#include "capabilities/mirroring/memory/links/link_store_postgres.hpp"
#include "capabilities/mirroring/memory/quarantine/quarantine_store_postgres.hpp"
#include "capabilities/mirroring/memory/rounds/full_rounds_postgres.hpp"
#include "capabilities/mirroring/memory/runs/lease_wishes_postgres.hpp"
#include "capabilities/mirroring/memory/runs/run_store_postgres.hpp"
#include "capabilities/mirroring/memory/schema/schema_postgres.hpp"
#include "capabilities/mirroring/memory/verification/verification_store_postgres.hpp"
#include "capabilities/mirroring/stores/unique_driver_store_mongo.hpp"
#include "platform/concurrency/guarded.hpp"
#include "platform/errors/store_error.hpp"
#include "platform/http/bounded_checks.hpp"
#include "platform/http/client.hpp"
#include "platform/metrics/pool_metrics.hpp"
#include "platform/metrics/process_metrics.hpp"
#include "platform/process/shutdown_deadline.hpp"
#include "platform/process/signals.hpp"
#include "platform/startup/wait_for_stores.hpp"

namespace twinfleet::fleet_synchronizer {
namespace {

using std::chrono::milliseconds;

template <typename... Commands>
bool is_any_of(const Command& command) {
    return (std::holds_alternative<Commands>(command) || ...);
}

bool needs_mongo(const Command& command) {
    return !is_any_of<GetLinks, ListQuarantine, DropQuarantine, ListForeignEdits>(command);
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
        const bool has_users = std::find(run->jobs.begin(), run->jobs.end(), users_job) != run->jobs.end();
        if (has_users && settings.access_control.url.empty()) {
            return "the users job needs access-control: set FLEET_ACCESS_CONTROL_URL or access_control.url";
        }
    }
    return {};
}

void say_what_is_left_out(const Command& command, const Settings& settings, const CityConfiguration* cities,
                          Console& console) {
    if (is_any_of<RunJobs, Serve>(command) && cities != nullptr && !cities->is_set()) {
        console.say(
            "no city is enabled: neither FLEET_TYPED_CONFIGS nor typed_configs.file is set; children that exist are "
            "kept in step, no new child parks are made");
    }
    const auto* run = std::get_if<RunJobs>(&command);
    if (settings.access_control.url.empty() && ((run != nullptr && run->is_all) || is_any_of<Serve>(command))) {
        console.say("the users job is left out: neither FLEET_ACCESS_CONTROL_URL nor access_control.url is set");
    }
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

process::ExitCode execute(const CommandLine& command_line, const config::Environment& environment, Console& console) {
    const Command& command = command_line.command;
    if (const auto* check = std::get_if<CheckConfig>(&command)) {
        return check_config(check->file, environment, console);
    }
    const process::StopSignals signals;
    const std::stop_token stop = signals.token();
    const bool is_serving = std::holds_alternative<Serve>(command);
    const process::ExitCode if_stopped = is_serving ? process::ExitCode::done : process::ExitCode::interrupted;

    const Settings settings = settings_layers().read(command_line.config, environment);
    if (const std::string problem = usage_problem(command, settings); !problem.empty()) {
        console.say(problem);
        return process::ExitCode::wrong_usage;
    }
    const auto stderr_logger =
        service_settings::make_logger(settings.log, "fleet-synchronizer", console.has_status() || !is_serving);
    ConsoleLogger log(*stderr_logger, console);
    std::optional<CityConfiguration> cities;
    if (needs_cities(command)) {
        cities.emplace(settings.typed_configs,
                       is_serving ? CityConfiguration::Reload::when_it_changes : CityConfiguration::Reload::never, log);
    }
    say_what_is_left_out(command, settings, cities ? &*cities : nullptr, console);

    // A hanging store must not hold up the end of anything below.
    std::optional<process::ShutdownDeadline> shutdown_deadline;
    if (is_serving) {
        shutdown_deadline.emplace(stop, process::shutdown_limit, log);
    }

    // Neither connects before it is asked for something.
    const mongo::Pool mongo(within(settings.mongo, command_line.timeout));
    postgres::Pool postgres(settings.postgres);

    const platform::SystemClock clock;
    std::vector<platform::Ping> pings{[&postgres] { postgres.ping(); }};
    if (needs_mongo(command)) {
        pings.emplace_back([&mongo] { mongo.ping(); });
    }
    const auto say = [&console](std::string_view line) { console.say(line); };
    platform::wait_for_stores(pings, command_line.timeout, clock, say, stop);
    if (stop.stop_requested()) {
        return if_stopped;
    }
    if (std::holds_alternative<Migrate>(command)) {
        const process::ExitCode code = migrate(mongo, postgres, console);
        console.flush();
        return code;
    }
    const auto schema_problem = [](postgres::Pool& pool) {
        return postgres::schema_problem(mirroring::schema_state(pool), "fleet-synchronizer");
    };
    if (const std::string problem = schema_problem(postgres); !problem.empty()) {
        console.say(problem);
        return process::ExitCode::wrong_usage;
    }

    const mirroring::Retry retry(command_line.timeout, clock, log, stop);
    mirroring::PostgresLinkStore links(postgres);
    mirroring::PostgresLeaseStore leases(postgres);
    mirroring::PostgresQuarantineStore quarantine(postgres);
    mirroring::PostgresRunStore runs(postgres);
    mirroring::PostgresForeignEditStore foreign_edits(postgres);
    mirroring::PostgresVerificationStore verification(postgres);
    mirroring::PostgresLeaseWishes lease_wishes(postgres, clock);
    mirroring::PostgresFullRoundStore full_rounds(postgres);
    mirroring::RetryingLinkStore patient_links(links, retry);
    mirroring::RetryingQuarantineStore patient_quarantine(quarantine, retry);

    mirroring::RandomIdSource ids;
    std::unique_ptr<http::Client> access_control;
    if (!settings.access_control.url.empty()) {
        access_control = std::make_unique<http::Client>(
            http::ClientSettings{.base_url = settings.access_control.url,
                                 .bearer_token = settings.access_control.service_token,
                                 .request_timeout = settings.access_control.request_timeout,
                                 .peer_name = "access-control"});
    }
    const EntityStores entity_stores(mongo, access_control.get());
    const auto& stores = entity_stores.by_name();
    mirroring::UniqueDriverStoreMongo unique_drivers(mongo, ids, mirroring::UniqueDriverStoreMongo::Settings{});

    metrics::Registry registry;
    mirroring::JobMetrics job_metrics(registry, clock);
    metrics::add_process_metrics(registry);
    metrics::add_pool_metrics(registry, {metrics::watched("mongodb", mongo), metrics::watched("postgresql", postgres)});
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
        .is_lease_wished = [&](std::string_view job,
                               std::string_view family) { return lease_wishes.is_wished(job, family); },
        .on_foreign_edits =
            [&](const mirroring::Entity& entity, const domain::AppFamily& family,
                const mirroring::ForeignEditsFound& found) {
                job_metrics.foreign_edits_found(entity, family, found.count);
                log.warning("children that somebody else had written were put right",
                            {{"entity", entity.name},
                             {"family", family.name},
                             {"count", found.count},
                             {"without_record", found.without_record}});
            },
        .verification = &verification,
        .on_parks_get_users =
            [&](const domain::AppFamily& family, std::span<const domain::ParentParkId> parks) {
                if (access_control != nullptr) {
                    make_master_accounts(*access_control, *cities, links, *stores.find("parks")->second, family, parks);
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

    const auto run_command = [&]() -> process::ExitCode {
        if (is_serving) {
            const mongo::Pool probed_mongo(mongo::probe_settings(settings.mongo, http::probe_limit));
            postgres::Pool probed_postgres(postgres::probe_settings(settings.postgres, http::probe_limit));
            http::BoundedChecks checks({{"mongodb", [&] { return probed_mongo.ping(), std::string(); }},
                                        {"postgresql", [&] { return probed_postgres.ping(), std::string(); }},
                                        {"schema", [&] { return schema_problem(probed_postgres); }}},
                                       http::probe_limit);
            return serve({
                .settings = settings,
                .runner = runner,
                .dependencies = dependencies,
                .lease = lease,
                .lease_wishes = lease_wishes,
                .full_rounds = full_rounds,
                .foreign_edits = foreign_edits,
                .verification = verification,
                .job_metrics = job_metrics,
                .registry = registry,
                .check_stores = [&checks] { return checks.answers(); },
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
        if (const auto* list = std::get_if<ListForeignEdits>(&command)) {
            return list_foreign_edits(*list, foreign_edits, retry, console);
        }
        if (const auto* retry_options = std::get_if<RetryQuarantine>(&command)) {
            return retry_quarantine(*retry_options, jobs);
        }
        return drop_quarantine(std::get<DropQuarantine>(command), patient_quarantine, console);
    };
    try {
        const process::ExitCode code = run_command();
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
