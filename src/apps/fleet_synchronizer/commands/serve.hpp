#pragma once

#include <map>
#include <stop_token>
#include <string>
#include <vector>

#include "apps/fleet_synchronizer/settings.hpp"
#include "capabilities/mirroring/jobs/job_metrics.hpp"
#include "capabilities/mirroring/jobs/job_runner.hpp"
#include "capabilities/mirroring/memory/foreign_edits/foreign_edit.hpp"
#include "capabilities/mirroring/memory/rounds/full_rounds.hpp"
#include "capabilities/mirroring/memory/runs/lease_wishes.hpp"
#include "capabilities/mirroring/memory/verification/verification_store.hpp"
#include "platform/http/monitor_server.hpp"
#include "platform/log/logger.hpp"
#include "platform/metrics/registry.hpp"
#include "platform/process/exit_code.hpp"

namespace twinfleet::fleet_synchronizer {

struct ServeContext {
    const Settings& settings;
    mirroring::JobRunner& runner;
    const mirroring::JobDependencies& dependencies;
    const mirroring::LeaseSettings& lease;
    mirroring::LeaseWishes& lease_wishes;
    mirroring::FullRoundStore& full_rounds;
    mirroring::ForeignEditStore& foreign_edits;
    mirroring::VerificationStore& verification;
    mirroring::JobMetrics& job_metrics;
    metrics::Registry& registry;
    /// What the process needs to serve, asked at /ready.
    std::function<std::vector<http::Check>()> check_stores;
    log::Logger& log;
    std::stop_token stop;
};

/// `serve`: the periodic jobs and the API, and probes and metrics beside them, until a stop is asked for. Throws
/// config::Error for a wrong file of service tokens.
[[nodiscard]] process::ExitCode serve(const ServeContext& context);

}  // namespace twinfleet::fleet_synchronizer
