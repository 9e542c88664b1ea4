#pragma once

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
    void pass_failed(std::string_view job, std::string_view family);
    void untaught_reference(const Entity& entity, std::string_view field);
    void lease_is_held(std::string_view job, std::string_view family, bool is_held);
    /// Brings the lag up to the present.
    void update_lag();
    /// From the quarantine as it stands.
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
    /// Monotonic time, in seconds, of the state of the source that the children reflect; by job and family.
    platform::Guarded<std::map<std::pair<std::string, std::string>, double>> reflected_at_;
};

}  // namespace twinfleet::mirroring
