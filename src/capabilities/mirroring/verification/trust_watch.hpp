#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "capabilities/mirroring/jobs/job_metrics.hpp"
#include "capabilities/mirroring/memory/links/link_store.hpp"
#include "capabilities/mirroring/memory/verification/verification_store.hpp"
#include "capabilities/mirroring/stores/entity_store.hpp"

namespace twinfleet::mirroring {

/// Finds out whether the mirror can be trusted, from the stores alone. So every replica finds the same, whether or not
/// it runs the jobs, and also when no replica runs them.
///
/// A job is stalled when its cursor has not moved for `stalled_after` although behind it there are documents that
/// changed longer ago than that. Then its passes fail, do not end or cannot bring a child into step, or no process runs
/// them.
class TrustWatch {
public:
    /// `stores` are by the name of their entity. All arguments but the last two outlive the watch.
    TrustWatch(VerificationStore& verification, LinkStore& links,
               const std::map<std::string, EntityStore*, std::less<>>& stores, JobMetrics& metrics,
               std::vector<domain::AppFamily> families, std::chrono::milliseconds stalled_after);

    /// Brings the metrics up to date. When the store of an entity is away, the metrics of its job stay as they are, and
    /// what the store threw is thrown once the other jobs are done.
    void look();

private:
    [[nodiscard]] bool is_stalled(const Entity& entity, const domain::AppFamily& family, const JobAges& ages);

    VerificationStore& verification_;
    LinkStore& links_;
    const std::map<std::string, EntityStore*, std::less<>>& stores_;
    JobMetrics& metrics_;
    const std::vector<domain::AppFamily> families_;
    const std::chrono::milliseconds stalled_after_;
};

}  // namespace twinfleet::mirroring
