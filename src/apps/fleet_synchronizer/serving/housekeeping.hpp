#pragma once

#include <chrono>
#include <cstddef>
#include <stop_token>
#include <vector>

#include "capabilities/mirroring/jobs/job_metrics.hpp"
#include "capabilities/mirroring/jobs/job_runner.hpp"
#include "capabilities/mirroring/memory/foreign_edits/foreign_edit.hpp"
#include "capabilities/mirroring/memory/verification/verification_store.hpp"
#include "domain/app_family.hpp"

namespace twinfleet::fleet_synchronizer {

struct HousekeepingSettings {
    /// Of what is watched.
    std::chrono::milliseconds interval{};
    /// How long a job may leave changes of its source alone before it counts as stalled.
    std::chrono::milliseconds stalled_after{};
    std::size_t foreign_edits_kept_days = 0;
};

/// What `serve` watches over and tidies up beside its jobs.
struct Housekeeping {
    const mirroring::JobDependencies& dependencies;
    mirroring::ForeignEditStore& foreign_edits;
    mirroring::VerificationStore& verification;
    mirroring::JobMetrics& job_metrics;
    const std::vector<domain::AppFamily>& families;
    std::size_t runs_kept_of_each_job;
    const HousekeepingSettings& settings;
};

/// Until `stop` is requested: brings the numbers of the quarantine and what TrustWatch tells into the metrics, ends the
/// records of runs whose process is gone, and forgets old runs and foreign edits. What fails is logged and tried again
/// at the next turn.
void keep_house(const Housekeeping& house, const std::stop_token& stop);

}  // namespace twinfleet::fleet_synchronizer
