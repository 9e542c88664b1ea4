#include "apps/fleet_synchronizer/commands/serve.hpp"

#include <chrono>
#include <memory>
#include <stdexcept>

#include "capabilities/mirroring/jobs/scheduler.hpp"
#include "platform/concurrency/backoff.hpp"

namespace twinfleet::fleet_synchronizer {
namespace {

using namespace mirroring;

constexpr std::chrono::seconds housekeeping_interval{15};
constexpr std::chrono::hours prune_interval{1};

void count_quarantine(const ServeContext& context) {
    std::vector<QuarantineEntry> all;
    QuarantineFilter filter;
    for (;;) {
        auto entries = context.dependencies.quarantine.list(filter);
        const bool is_last = entries.size() < filter.limit;
        if (!entries.empty()) {
            filter.after_id = entries.back().id;
        }
        std::move(entries.begin(), entries.end(), std::back_inserter(all));
        if (is_last) {
            break;
        }
    }
    context.job_metrics.set_quarantine(all);
}

/// What nobody waits for: the numbers of the quarantine, and room in the record of runs.
void keep_house(const ServeContext& context) {
    auto prune_at = context.dependencies.clock.monotonic();
    do {
        try {
            count_quarantine(context);
            if (context.dependencies.clock.monotonic() >= prune_at) {
                context.dependencies.runs.prune(context.settings.runs_kept_of_each_job);
                prune_at = context.dependencies.clock.monotonic() + prune_interval;
            }
        } catch (const std::exception& failure) {
            context.log.warning("housekeeping failed", {{"reason", failure.what()}});
        }
    } while (platform::wait_for(context.stop, housekeeping_interval));
}

/// nullptr, after having said why, when its address cannot be listened on.
std::unique_ptr<http::MonitorServer> start_monitor(const ServeContext& context) {
    http::MonitorCallbacks callbacks;
    callbacks.ready = [&context] {
        auto checks = context.check_stores();
        if (context.stop.stop_requested()) {
            checks.push_back({"running", false, "the process is stopping"});
        }
        return checks;
    };
    callbacks.metrics = [&context] { return context.registry.text(); };
    callbacks.failed = [&context](std::string_view what) { context.log.error("a probe failed", {{"reason", what}}); };
    try {
        return std::make_unique<http::MonitorServer>(context.settings.monitor, callbacks);
    } catch (const std::runtime_error& refused) {
        context.log.error("no monitor", {{"reason", refused.what()}});
        return nullptr;
    }
}

}  // namespace

ExitCode serve(const ServeContext& context) {
    context.registry.before_text([&metrics = context.job_metrics] { metrics.update_lag(); });
    const auto monitor = start_monitor(context);
    if (monitor == nullptr) {
        return ExitCode::wrong_usage;
    }
    Scheduler scheduler(context.runner, context.dependencies, context.lease, context.job_metrics,
                        context.settings.families, context.settings.jobs);
    context.log.info("serving", {{"monitor_port", monitor->port()}});
    keep_house(context);
    context.log.info("stopping");
    return ExitCode::done;
}

}  // namespace twinfleet::fleet_synchronizer
