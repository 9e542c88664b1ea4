#include "apps/fleet_synchronizer/commands/execute.hpp"

#include "apps/fleet_synchronizer/commands/cluster.hpp"
#include "apps/fleet_synchronizer/commands/create_child.hpp"
#include "apps/fleet_synchronizer/commands/erase.hpp"
#include "apps/fleet_synchronizer/commands/foreign_edits.hpp"
#include "apps/fleet_synchronizer/commands/get_links.hpp"
#include "apps/fleet_synchronizer/commands/job_context.hpp"
#include "apps/fleet_synchronizer/commands/quarantine.hpp"
#include "apps/fleet_synchronizer/commands/retire.hpp"
#include "apps/fleet_synchronizer/commands/run_jobs.hpp"
#include "apps/fleet_synchronizer/commands/verify.hpp"
#include "apps/fleet_synchronizer/startup/old_records.hpp"

namespace twinfleet::fleet_synchronizer {
namespace {

/// Calls the function of each command.
struct Executor {
    const JobContext& context;
    mirroring::ForeignEditStore& foreign_edits;
    mirroring::SourceGuard& source;
    mirroring::DriverErasure& erasure;
    mirroring::RetryingLinkStore links{context.dependencies.links, context.retry};
    mirroring::RetryingQuarantineStore quarantine{context.dependencies.quarantine, context.retry};

    process::ExitCode operator()(const RunJobs& run) { return run_jobs(run, context); }
    process::ExitCode operator()(const CreateChildDriver& create) { return create_child_driver(create, context); }
    process::ExitCode operator()(const Verify& options) { return verify(options, context); }
    process::ExitCode operator()(const GetLinks& get) { return get_links(get, links, context.console); }
    process::ExitCode operator()(const ListQuarantine& list) {
        return list_quarantine(list, quarantine, context.console);
    }
    process::ExitCode operator()(const RetryQuarantine& retry) { return retry_quarantine(retry, context); }
    process::ExitCode operator()(const DropQuarantine& drop) {
        return drop_quarantine(drop, quarantine, context.console);
    }
    process::ExitCode operator()(const ListForeignEdits& list) {
        return list_foreign_edits(list, foreign_edits, context.retry, context.console);
    }
    process::ExitCode operator()(const ShowCluster& show) {
        return show_cluster(show, source, context.retry, context.console);
    }
    process::ExitCode operator()(const AdoptCluster& adopt) {
        return adopt_cluster(adopt, source, context.retry, context.console);
    }
    process::ExitCode operator()(const RetireParks& retire) { return retire_parks(retire, context); }
    process::ExitCode operator()(const EraseDriver& erase) { return erase_driver(erase, erasure, context); }
};

}  // namespace

process::ExitCode execute(const Command& command, const Needs& needs, const MirrorSettings& mirror,
                          MirrorMemory& memory, MirrorJobs& jobs, Console& console, const std::stop_token& stop) {
    const mirroring::Retry retry(jobs.settings.store_timeout, jobs.dependencies.clock, jobs.dependencies.log, stop);
    const JobContext context{.runner = jobs.runner,
                             .dependencies = jobs.dependencies,
                             .settings = jobs.settings,
                             .lease = jobs.lease,
                             .wishes = memory.lease_wishes,
                             .lease_wait = mirror.lease.wait,
                             .families = mirror.families,
                             .remove_old_records = [&] { remove_old_records(mirror, memory); },
                             .retry = retry,
                             .console = console,
                             .stop = stop};
    // Also noticed in the middle of a command.
    const auto refuse = [&](const std::string& problem) {
        console.say(problem);
        return process::ExitCode::wrong_usage;
    };
    if (needs.right_cluster) {
        const auto problem = retry([&] { return jobs.source.problem(std::chrono::milliseconds(0)); });
        if (!problem.empty()) {
            return refuse(problem);
        }
    }
    try {
        return std::visit(Executor{context, memory.foreign_edits, jobs.source, jobs.erasure}, command);
    } catch (const mirroring::SourceIsAnother& another) {
        return refuse(another.what());
    }
}

}  // namespace twinfleet::fleet_synchronizer
