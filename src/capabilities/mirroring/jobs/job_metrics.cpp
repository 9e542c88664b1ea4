#include "capabilities/mirroring/jobs/job_metrics.hpp"

#include <chrono>

namespace twinfleet::mirroring {
namespace {

double monotonic_seconds(const platform::Clock& clock) {
    return std::chrono::duration<double>(clock.monotonic()).count();
}

}  // namespace

JobMetrics::JobMetrics(metrics::Registry& registry, const platform::Clock& clock)
    : clock_(clock),
      lag_seconds_(registry.gauges("fleet_sync_lag_seconds",
                                   "Age of the state of the parents that the children are known to reflect",
                                   {"job", "family"})),
      documents_(registry.counters("fleet_sync_documents_total", "Parents by what became of them",
                                   {"job", "family", "outcome"})),
      duration_seconds_(registry.histograms("fleet_sync_pass_duration_seconds", "Duration of passes",
                                            {"job", "family", "mode"}, metrics::pass_seconds_buckets())),
      failures_(registry.counters("fleet_sync_pass_failures_total", "Passes that ended with an error", {"job", "family"})),
      quarantine_(registry.gauges("fleet_sync_quarantine", "Parents that cannot be mirrored", {"entity", "reason"})),
      untaught_(registry.counters("fleet_sync_untaught_references_total",
                                  "Ids of parents met in fields that have no policy", {"entity", "field"}, 200)),
      leases_(registry.gauges("fleet_sync_lease_held", "Whether this process runs the job", {"job", "family"})) {}

void JobMetrics::pass_finished(const RunReport& report) {
    const RunCounts& counts = report.counts;
    const std::pair<std::string_view, std::uint64_t> outcomes[] = {
        {"created", counts.created},
        {"updated", counts.updated},
        {"unchanged", counts.unchanged},
        {"skipped", counts.skipped},
        {"retired", counts.retired},
        {"quarantined", counts.quarantined},
        {"dangling_reference", counts.dangling_references},
        {"retirement_held_back", counts.retirements_held_back},
    };
    for (const auto& [outcome, count] : outcomes) {
        documents_.with({report.job, report.family, outcome}).increment(static_cast<double>(count));
    }
    duration_seconds_.with({report.job, report.family, to_string(report.mode)}).observe(report.duration_seconds);
    reflected_at_.with([&](auto& reflected_at) {
        reflected_at[{report.job, report.family}] = monotonic_seconds(clock_) - report.lag_seconds;
    });
}

void JobMetrics::pass_failed(std::string_view job, std::string_view family) { failures_.with({job, family}).increment(); }

void JobMetrics::untaught_reference(const Entity& entity, std::string_view field) {
    untaught_.with({entity.name, field}).increment();
}

void JobMetrics::lease_is_held(std::string_view job, std::string_view family, bool is_held) {
    leases_.with({job, family}).set(is_held ? 1 : 0);
    if (!is_held) {
        // The lag is told by the replica that runs the job.
        const bool was_known = reflected_at_.with([&](auto& reflected_at) {
            return reflected_at.erase({std::string(job), std::string(family)}) > 0;
        });
        if (was_known) {
            lag_seconds_.with({job, family}).set(0);
        }
    }
}

void JobMetrics::update_lag() {
    const double now = monotonic_seconds(clock_);
    reflected_at_.with([&](const auto& reflected_at) {
        for (const auto& [of, at] : reflected_at) {
            lag_seconds_.with({of.first, of.second}).set(now - at);
        }
    });
}

void JobMetrics::set_quarantine(const std::vector<QuarantineEntry>& entries) {
    std::map<metrics::LabelValues, double> counts;
    for (const QuarantineEntry& entry : entries) {
        counts[{entry.entity, entry.parent.reason}] += 1;
    }
    const std::vector<std::pair<metrics::LabelValues, double>> values(counts.begin(), counts.end());
    metrics::replace_all(quarantine_, values);
}

}  // namespace twinfleet::mirroring
