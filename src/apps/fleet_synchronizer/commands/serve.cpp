#include "apps/fleet_synchronizer/commands/serve.hpp"

#include <chrono>
#include <memory>
#include <stdexcept>

#include "apps/fleet_synchronizer/startup/api.hpp"
#include "capabilities/mirroring/jobs/scheduler.hpp"
#include "capabilities/mirroring/verification/trust_watch.hpp"
#include "platform/concurrency/backoff.hpp"
#include "platform/config/error.hpp"

namespace twinfleet::fleet_synchronizer {
namespace {

using namespace mirroring;

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

void prune(const ServeContext& context) {
    context.dependencies.runs.prune(context.settings.runs_kept_of_each_job);
    prune_foreign_edits(context.foreign_edits, std::chrono::days(context.settings.foreign_edits_kept_days));
}

/// What nobody waits for: the numbers of the quarantine, whether the mirror can be trusted, and room in the records.
void keep_house(const ServeContext& context) {
    TrustWatch trust(context.verification, context.dependencies.links, context.dependencies.stores, context.job_metrics,
                     context.settings.families, context.settings.stalled_after);
    auto prune_at = context.dependencies.clock.monotonic();
    // One that fails must not keep the others from their turn.
    const auto attempt = [&](const auto& chore) {
        try {
            chore();
        } catch (const std::exception& failure) {
            context.log.warning("housekeeping failed", {{"reason", failure.what()}});
        }
    };
    do {
        attempt([&] { count_quarantine(context); });
        attempt([&] { trust.look(); });
        attempt([&] { context.dependencies.runs.end_dead(); });
        if (context.dependencies.clock.monotonic() >= prune_at) {
            attempt([&] {
                prune(context);
                prune_at = context.dependencies.clock.monotonic() + prune_interval;
            });
        }
    } while (platform::wait_for(context.stop, context.settings.watch_interval));
}

/// nullptr, after having said why, when its address cannot be listened on.
std::unique_ptr<http::MonitorServer> start_monitor(const ServeContext& context) {
    try {
        return std::make_unique<http::MonitorServer>(
            context.settings.monitor,
            http::monitor_callbacks(context.check_stores, context.registry, context.log, context.stop));
    } catch (const std::runtime_error& refused) {
        context.log.error("no monitor", {{"reason", refused.what()}});
        return nullptr;
    }
}

/// nullptr, after having said why, when its address cannot be listened on.
std::unique_ptr<Api> start_api(const ServeContext& context) {
    if (context.settings.api.service_tokens_file.empty()) {
        context.log.warning(
            "the API lets nobody in: neither FLEET_SERVICE_TOKENS nor api.service_tokens_file names a file");
    }
    try {
        return std::make_unique<Api>(context.settings, context.runner, context.dependencies, context.lease,
                                     context.lease_wishes, context.registry, context.stop);
    } catch (const config::Error&) {
        throw;
    } catch (const std::runtime_error& refused) {
        context.log.error("no API", {{"reason", refused.what()}});
        return nullptr;
    }
}

}  // namespace

process::ExitCode serve(const ServeContext& context) {
    context.registry.before_text([&metrics = context.job_metrics] { metrics.update_ages(); });
    const auto monitor = start_monitor(context);
    if (monitor == nullptr) {
        return process::ExitCode::wrong_usage;
    }
    const auto api = start_api(context);
    if (api == nullptr) {
        return process::ExitCode::wrong_usage;
    }
    Scheduler scheduler(context.runner, context.dependencies, context.full_rounds, context.lease, context.job_metrics,
                        context.settings.families, context.settings.jobs);
    context.log.info("serving", {{"api_port", api->port()}, {"monitor_port", monitor->port()}});
    keep_house(context);
    context.log.info("stopping");
    return process::ExitCode::done;
}

}  // namespace twinfleet::fleet_synchronizer
