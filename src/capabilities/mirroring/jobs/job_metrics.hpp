#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "capabilities/mirroring/jobs/job_runner.hpp"
#include "platform/concurrency/guarded.hpp"
#include "platform/metrics/registry.hpp"

namespace twinfleet::mirroring {

/// The metrics of the jobs (contract, section 4). `job` is the name of the entity that the job keeps in step. Safe to
/// use from several threads.
class JobMetrics {
public:
    JobMetrics(metrics::Registry& registry, const platform::Clock& clock);

    /// Counts documents and duration of an incremental pass, or of a full pass over everything, and notes the lag.
    void pass_finished(const RunReport& report);
    /// Counts documents and duration of a full pass over one shard. The lag stays as it is, since only incremental
    /// passes tell what it is.
    void shard_finished(const RunReport& report);
    /// Counts a pass that ended with an error.
    void pass_failed(std::string_view job, std::string_view family);
    /// Counts an id of a parent that was met in a field without a policy.
    void untaught_reference(const Entity& entity, std::string_view field);
    /// Shows whether this process holds the lease of the job.
    void lease_is_held(std::string_view job, std::string_view family, bool is_held);
    /// Counts children that others than the mirror had written and that were put right.
    void foreign_edits_found(const Entity& entity, const domain::AppFamily& family, std::uint64_t count);
    /// Shows how long ago every child was last compared with its parent.
    void set_verified_age(std::string_view job, std::string_view family, std::chrono::duration<double> age);
    /// Shows whether the job is stalled (TrustWatch).
    void set_stalled(std::string_view job, std::string_view family, bool is_stalled);
    /// Shows how long ago the oldest erasure that is not complete was asked for; 0: there is none.
    void set_oldest_erasure_age(std::chrono::duration<double> age);
    /// Brings the lags and the ages of verifications, which grow with time, up to the present.
    void update_ages();
    /// Shows how many entries the quarantine has. `entries` are all of them.
    void set_quarantine(const std::vector<QuarantineEntry>& entries);

private:
    const platform::Clock& clock_;
    metrics::Family<metrics::Gauge>& lag_seconds_;
    metrics::Family<metrics::Counter>& documents_;
    metrics::Family<metrics::Histogram>& duration_seconds_;
    metrics::Family<metrics::Counter>& failures_;
    metrics::Family<metrics::Gauge>& quarantine_;
    metrics::Family<metrics::Counter>& untaught_;
    metrics::Family<metrics::Gauge>& leases_;
    metrics::Family<metrics::Counter>& foreign_edits_;
    metrics::Family<metrics::Gauge>& verified_age_seconds_;
    metrics::Family<metrics::Gauge>& stalled_;
    metrics::Gauge oldest_erasure_age_seconds_;
    /// Monotonic times in seconds, by job and family.
    using Times = platform::Guarded<std::map<std::pair<std::string, std::string>, double>>;
    /// When the state of the source that the children reflect was the current one.
    Times reflected_at_;
    Times verified_at_;
};

}  // namespace twinfleet::mirroring
