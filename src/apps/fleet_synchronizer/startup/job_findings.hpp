#pragma once

#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "capabilities/mirroring/jobs/job_metrics.hpp"
#include "platform/concurrency/guarded.hpp"
#include "platform/log/logger.hpp"

namespace twinfleet::fleet_synchronizer {

/// Tells the metrics and the log what jobs come across in documents. Safe to use from several threads.
class JobFindings {
public:
    /// Both outlive this.
    JobFindings(mirroring::JobMetrics& metrics, log::Logger& log) : metrics_(metrics), log_(log) {}

    /// A field of the entity holds ids of parents but has no policy. Logged once for each field, counted every time.
    void untaught_reference(const mirroring::Entity& entity, std::string_view field);
    /// Children that somebody else had written were put right.
    void foreign_edits(const mirroring::Entity& entity, const domain::AppFamily& family,
                       const mirroring::ForeignEditsFound& found);

private:
    mirroring::JobMetrics& metrics_;
    log::Logger& log_;
    /// Entity and field.
    platform::Guarded<std::set<std::pair<std::string, std::string>>> logged_;
};

}  // namespace twinfleet::fleet_synchronizer
