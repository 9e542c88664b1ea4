#include <optional>

#include "apps/fleet_synchronizer/command_line.hpp"
#include "apps/fleet_synchronizer/commands/execute.hpp"
#include "apps/fleet_synchronizer/commands/needs.hpp"
#include "apps/fleet_synchronizer/commands/usage.hpp"
#include "apps/fleet_synchronizer/serving/api_parts.hpp"
#include "apps/fleet_synchronizer/serving/periodic_work.hpp"
#include "apps/fleet_synchronizer/settings.hpp"
#include "apps/fleet_synchronizer/startup/databases.hpp"
#include "apps/fleet_synchronizer/startup/mirror_jobs.hpp"
#include "capabilities/mirroring/api/mirror_api_http.hpp"
#include "platform/service/run.hpp"
#include "platform/service/store_time.hpp"
#include "platform/service/stores/postgres/postgres_time.hpp"

namespace {

using namespace twinfleet;
using namespace twinfleet::fleet_synchronizer;
using mirroring::SourceGuard;

/// `command`: nullopt for `serve` and `migrate`.
process::ExitCode start(service::Host& host, const Settings& settings, const std::optional<Command>& command) {
    auto console = Console::of_process();
    ConsoleLogger log(host.log(), console);
    const bool has_access_control = settings.mirror.has_access_control();
    if (is_wrong_usage(command, settings.mirror.families, has_access_control, console)) {
        return process::ExitCode::wrong_usage;
    }
    const Needs needs = needs_of(command, host.is_serving());
    const CityConfiguration cities(
        needs.cities ? settings.typed_configs : CityConfiguration::Settings{},
        host.is_serving() ? CityConfiguration::Reload::when_it_changes : CityConfiguration::Reload::never, log);
    say_what_is_left_out(needs, cities.is_set(), has_access_control, console);

    Databases databases(settings.mongo, settings.postgres, host.timeout());
    try {
        if (const auto end = host.open(databases.stores(needs.documents))) {
            return *end;
        }
    } catch (const mirroring::SourceIsAnother& another) {
        console.say(another.what());
        return process::ExitCode::wrong_usage;
    }
    const service::StoreTime time(host, {service::postgres_time(databases.postgres())}, settings.clock);
    MirrorMemory memory(databases.postgres(), host.clock());
    MirrorJobs jobs(settings.mirror, databases.mongo(), memory, cities,
                    needs.writes ? SourceGuard::TakingUp::allowed : SourceGuard::TakingUp::not_allowed, log, host);

    if (command) {
        return execute(*command, needs, settings.mirror, memory, jobs, console, host.stop());
    }
    ApiParts api({.postgres = settings.postgres, .threads = settings.api.threads, .mirror = settings.mirror}, memory,
                 jobs, host.metrics(), host.stop());
    const auto work = [&] { do_periodic_work(settings.mirror, settings.housekeeping, memory, jobs, host.stop()); };
    return host.serve({.routes = {api.routes()},
                       .openapi = mirroring::mirror_openapi(),
                       .questions = {{"source", [&jobs] { return jobs.source.last_problem(); }}},
                       .work = work});
}

}  // namespace

int main(int argument_count, char** arguments) {
    CommandReader reader;
    return service::run(
        reader.program(), settings_layers(),
        [&reader](service::Host& host, const Settings& settings) { return start(host, settings, reader.command()); },
        argument_count, arguments);
}
