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
      failures_(
          registry.counters("fleet_sync_pass_failures_total", "Passes that ended with an error", {"job", "family"})),
      quarantine_(registry.gauges("fleet_sync_quarantine", "Parents that cannot be mirrored", {"entity", "reason"})),
      untaught_(registry.counters("fleet_sync_untaught_references_total",
                                  "Ids of parents met in fields that have no policy", {"entity", "field"}, 200)),
      leases_(registry.gauges("fleet_sync_lease_held", "Whether this process runs the job", {"job", "family"})),
      foreign_edits_(registry.counters("fleet_sync_foreign_edits_total",
                                       "Children that somebody else had written, found and put right",
                                       {"entity", "family"})),
      verified_age_seconds_(
          registry.gauges("fleet_sync_oldest_verified_age_seconds",
                          "Since every child was last compared with its parent, by the beginning of the last complete "
                          "round; before the first one, since the first child was made",
                          {"job", "family"})),
      stalled_(registry.gauges("fleet_sync_stalled",
                               "Whether the source has changes that are not mirrored though they are old, and the "
                               "cursor does not move",
                               {"job", "family"})),
      oldest_erasure_age_seconds_(
          registry.gauge("fleet_sync_oldest_erasure_age_seconds",
                         "Since the oldest erasure that is not complete was asked for; 0: there is none")) {}

void JobMetrics::pass_finished(const RunReport& report) {
    shard_finished(report);
    reflected_at_.with([&](auto& reflected_at) {
        reflected_at[{report.job, report.family}] = monotonic_seconds(clock_) - report.lag_seconds;
    });
}

void JobMetrics::shard_finished(const RunReport& report) {
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
}

void JobMetrics::set_oldest_erasure_age(std::chrono::duration<double> age) {
    oldest_erasure_age_seconds_.set(age.count());
}

void JobMetrics::pass_failed(std::string_view job, std::string_view family) {
    failures_.with({job, family}).increment();
}

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

void JobMetrics::foreign_edits_found(const Entity& entity, const domain::AppFamily& family, std::uint64_t count) {
    foreign_edits_.with({entity.name, family.name}).increment(static_cast<double>(count));
}

void JobMetrics::set_verified_age(std::string_view job, std::string_view family, std::chrono::duration<double> age) {
    const double at = monotonic_seconds(clock_) - age.count();
    verified_at_.with([&](auto& verified_at) { verified_at[{std::string(job), std::string(family)}] = at; });
}

void JobMetrics::set_stalled(std::string_view job, std::string_view family, bool is_stalled) {
    stalled_.with({job, family}).set(is_stalled ? 1 : 0);
}

void JobMetrics::update_ages() {
    const double now = monotonic_seconds(clock_);
    const auto show = [&](const Times& times, auto& gauges) {
        times.with([&](const auto& known) {
            for (const auto& [of, at] : known) {
                gauges.with({of.first, of.second}).set(now - at);
            }
        });
    };
    show(reflected_at_, lag_seconds_);
    show(verified_at_, verified_age_seconds_);
}

void JobMetrics::set_quarantine(const std::vector<QuarantineEntry>& entries) {
    std::map<metrics::LabelValues, double> counts;
    for (const QuarantineEntry& entry : entries) {
        counts[{entry.entity, std::string(reason::without_id(entry.parent.reason))}] += 1;
    }
    const std::vector<std::pair<metrics::LabelValues, double>> values(counts.begin(), counts.end());
    metrics::replace_all(quarantine_, values);
}

}  // namespace twinfleet::mirroring
