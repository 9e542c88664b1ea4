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

/// The metrics of the jobs (contract, section 4). Safe to use from several threads.
class JobMetrics {
public:
    JobMetrics(metrics::Registry& registry, const platform::Clock& clock);

    void pass_finished(const RunReport& report);
    /// Counts documents and duration. The lag is left alone, since incremental passes alone say what it is.
    void shard_finished(const RunReport& report);
    void pass_failed(std::string_view job, std::string_view family);
    void untaught_reference(const Entity& entity, std::string_view field);
    void lease_is_held(std::string_view job, std::string_view family, bool is_held);
    void foreign_edits_found(const Entity& entity, const domain::AppFamily& family, std::uint64_t count);
    void set_verified_age(std::string_view job, std::string_view family, std::chrono::duration<double> age);
    void set_stalled(std::string_view job, std::string_view family, bool is_stalled);
    /// Brings the lag and the age of the verification up to the present.
    void update_ages();
    /// Shows the quarantine as it stands: these are all of its entries.
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
    /// Monotonic times in seconds, by job and family.
    using Times = platform::Guarded<std::map<std::pair<std::string, std::string>, double>>;
    /// Of the state of the source that the children reflect.
    Times reflected_at_;
    Times verified_at_;
};

}  // namespace twinfleet::mirroring
