#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <unistd.h>

#include "apps/fleet_synchronizer/command_line.hpp"
#include "apps/fleet_synchronizer/commands/execute.hpp"
#include "apps/fleet_synchronizer/commands/usage.hpp"
#include "apps/fleet_synchronizer/output/console.hpp"
#include "apps/fleet_synchronizer/serving/api_parts.hpp"
#include "apps/fleet_synchronizer/serving/housekeeping.hpp"
#include "apps/fleet_synchronizer/settings.hpp"
#include "apps/fleet_synchronizer/startup/city_configuration.hpp"
#include "apps/fleet_synchronizer/startup/entity_stores.hpp"
#include "apps/fleet_synchronizer/startup/master_accounts_http.hpp"
#include "capabilities/mirroring/api/mirror_api_http.hpp"
#include "capabilities/mirroring/jobs/scheduler.hpp"
#include "capabilities/mirroring/memory/foreign_edits/foreign_edit_store_postgres.hpp"
#include "capabilities/mirroring/memory/leases/lease_store_postgres.hpp"
#include "capabilities/mirroring/memory/links/link_store_postgres.hpp"
#include "capabilities/mirroring/memory/quarantine/quarantine_store_postgres.hpp"
#include "capabilities/mirroring/memory/rounds/full_rounds_postgres.hpp"
#include "capabilities/mirroring/memory/runs/lease_wishes_postgres.hpp"
#include "capabilities/mirroring/memory/runs/run_store_postgres.hpp"
#include "capabilities/mirroring/memory/schema/schema_postgres.hpp"
#include "capabilities/mirroring/memory/verification/verification_store_postgres.hpp"
#include "capabilities/mirroring/stores/indexes_mongo.hpp"
#include "capabilities/mirroring/stores/unique_driver_store_mongo.hpp"
#include "platform/concurrency/guarded.hpp"
#include "platform/service/run.hpp"
#include "platform/service/stores/mongo/mongo_store.hpp"
#include "platform/service/stores/postgres/postgres_store.hpp"

namespace {

using namespace twinfleet;
using namespace twinfleet::fleet_synchronizer;

/// Names this process to a person who asks who holds a job.
std::string lease_holder() {
    char host[256] = "";
    gethostname(host, sizeof host - 1);
    return std::string(host) + " (process " + std::to_string(getpid()) + ")";
}

/// A store that is away is noticed in time for `--timeout`.
mongo::Settings within(mongo::Settings settings, std::chrono::milliseconds timeout) {
    settings.server_selection_timeout =
        std::min(settings.server_selection_timeout, std::max(timeout, std::chrono::milliseconds(100)));
    return settings;
}

void make_indexes(const mongo::Pool& mongo, const service::Say& print, const service::Say& say) {
    for (const std::string& index : mirroring::make_indexes(mongo)) {
        say("the index " + index +
            " could not be made a unique one (two documents are alike in it, or the collection is sharded by another "
            "key); it is a plain one");
    }
    print("the MongoDB indexes are in place");
}

void say_what_is_left_out(bool has_cities, bool has_access_control, Console& console) {
    if (!has_cities) {
        console.say(
            "no city is enabled: neither FLEET_TYPED_CONFIGS nor typed_configs.file is set; children that exist are "
            "kept in step, no new child parks are made");
    }
    if (!has_access_control) {
        console.say("the users job is left out: neither FLEET_ACCESS_CONTROL_URL nor access_control.url is set");
    }
}

/// `command`: nullopt for `serve` and `migrate`.
process::ExitCode start(service::Host& host, const Settings& settings, const std::optional<Command>& command) {
    auto console = Console::of_process();
    const bool has_access_control = !settings.access_control.base_url.empty();
    if (command) {
        if (const std::string problem = usage_problem(*command, settings.families, has_access_control);
            !problem.empty()) {
            console.say(problem);
            return process::ExitCode::wrong_usage;
        }
    }
    const platform::Clock& clock = host.clock();
    metrics::Registry& registry = host.metrics();
    ConsoleLogger log(host.log(), console);

    std::optional<CityConfiguration> cities;
    if (host.is_serving() || (command && needs_cities(*command))) {
        cities.emplace(
            settings.typed_configs,
            host.is_serving() ? CityConfiguration::Reload::when_it_changes : CityConfiguration::Reload::never, log);
    }
    const auto* run = command ? std::get_if<RunJobs>(&*command) : nullptr;
    if (host.is_serving() || run != nullptr) {
        const bool are_users_asked_for = host.is_serving() || run->is_all;
        say_what_is_left_out(cities->is_set(), has_access_control || !are_users_asked_for, console);
    }

    // Neither connects before it is asked for something.
    const mongo::Pool mongo(within(settings.mongo, host.timeout()));
    postgres::Pool postgres(settings.postgres);
    std::vector<service::Store> opened{service::postgres_store(
        postgres, settings.postgres, {.migrate = mirroring::migrate_schema, .state = mirroring::schema_state})};
    if (!command || needs_documents(*command)) {
        opened.push_back(service::mongo_store(
            mongo, settings.mongo,
            [&mongo](const service::Say& print, const service::Say& say) { make_indexes(mongo, print, say); }));
    }
    if (const auto end = host.open(std::move(opened))) {
        return *end;
    }

    mirroring::PostgresLinkStore links(postgres);
    mirroring::PostgresLeaseStore leases(postgres);
    mirroring::PostgresQuarantineStore quarantine(postgres);
    mirroring::PostgresRunStore runs(postgres);
    mirroring::PostgresForeignEditStore foreign_edits(postgres);
    mirroring::PostgresVerificationStore verification(postgres);
    mirroring::PostgresLeaseWishes lease_wishes(postgres, clock);
    mirroring::PostgresFullRoundStore full_rounds(postgres);

    mirroring::RandomIdSource ids;
    std::unique_ptr<const clients::AccessControl> access_control;
    if (has_access_control) {
        access_control = std::make_unique<clients::AccessControl>(
            http::JsonClientSettings{.client = settings.access_control}, clock);
    }
    const EntityStores entity_stores(mongo, access_control.get());
    const auto& stores = entity_stores.by_name();
    mirroring::UniqueDriverStoreMongo unique_drivers(mongo, ids, mirroring::UniqueDriverStoreMongo::Settings{});

    mirroring::JobMetrics job_metrics(registry, clock);
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
    const mirroring::JobSettings job_settings{.pass = settings.pass, .store_timeout = host.timeout()};
    mirroring::JobRunner runner(dependencies, job_settings);
    const mirroring::LeaseSettings lease{.lifetime = settings.lease.lifetime, .holder = lease_holder()};

    if (command) {
        const mirroring::Retry retry(host.timeout(), clock, log, host.stop());
        return execute(*command,
                       {.runner = runner,
                        .dependencies = dependencies,
                        .settings = job_settings,
                        .lease = lease,
                        .lease_wait = settings.lease.wait,
                        .families = settings.families,
                        .runs_kept_of_each_job = settings.runs_kept_of_each_job,
                        .retry = retry,
                        .console = console,
                        .stop = host.stop()},
                       foreign_edits);
    }

    registry.before_text([&job_metrics] { job_metrics.update_ages(); });
    ApiParts api({.postgres = settings.postgres,
                  .threads = settings.api.threads,
                  .lease = lease,
                  .lease_wait = settings.lease.wait,
                  .families = settings.families,
                  .schedules = settings.jobs},
                 runner, dependencies, lease_wishes, registry, host.stop());
    const auto work = [&] {
        const mirroring::Scheduler scheduler(runner, dependencies, full_rounds, lease, job_metrics, settings.families,
                                             settings.jobs);
        keep_house({.dependencies = dependencies,
                    .foreign_edits = foreign_edits,
                    .verification = verification,
                    .job_metrics = job_metrics,
                    .families = settings.families,
                    .interval = settings.watch_interval,
                    .stalled_after = settings.stalled_after,
                    .runs_kept_of_each_job = settings.runs_kept_of_each_job,
                    .foreign_edits_kept_days = settings.foreign_edits_kept_days},
                   host.stop());
    };
    return host.serve({.routes = {api.routes()}, .openapi = mirroring::mirror_openapi(), .work = work});
}

}  // namespace

int main(int argument_count, char** arguments) {
    CommandReader reader;
    return service::run(
        reader.program(), settings_layers(),
        [&reader](service::Host& host, const Settings& settings) { return start(host, settings, reader.command()); },
        argument_count, arguments);
}
