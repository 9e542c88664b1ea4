#pragma once

#include <chrono>
#include <functional>
#include <stop_token>
#include <vector>

#include "capabilities/mirroring/erasure/driver_erasure.hpp"
#include "capabilities/mirroring/jobs/job_metrics.hpp"
#include "capabilities/mirroring/jobs/job_runner.hpp"
#include "capabilities/mirroring/memory/verification/verification_store.hpp"
#include "domain/app_family.hpp"

namespace twinfleet::fleet_synchronizer {

struct HousekeepingSettings {
    /// The pause between two rounds of keep_house().
    std::chrono::milliseconds interval{};
    /// How long the changes of a job's source may stay unread before the job counts as stalled (TrustWatch).
    std::chrono::milliseconds stalled_after{};
};

/// What the housekeeping of `serve` works with: the stores and metrics that it looks after beside the jobs. Everything
/// that this refers to outlives the call of keep_house().
struct Housekeeping {
    const mirroring::JobDependencies& dependencies;
    mirroring::DriverErasure& erasure;
    mirroring::VerificationStore& verification;
    mirroring::JobMetrics& job_metrics;
    const std::vector<domain::AppFamily>& families;
    /// Removes records that are older than they are to be kept (startup/old_records.hpp).
    std::function<void()> remove_old_records;
    const HousekeepingSettings& settings;
};

/// Keeps house until `stop` is requested. Each round brings the size of the quarantine and what TrustWatch finds into
/// the metrics, ends the records of runs whose process is gone, and goes on with erasures unless MongoDB is another
/// cluster; now and then old records of runs, of foreign edits and of changes of links are removed. A step that fails
/// is logged and tried again in the next round.
void keep_house(const Housekeeping& house, const std::stop_token& stop);

}  // namespace twinfleet::fleet_synchronizer
