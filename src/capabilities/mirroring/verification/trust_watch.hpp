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

/// Looks at whether the mirror can be trusted, from the stores alone: every replica sees the same, whether or not it
/// runs the jobs, and also when none does.
///
/// A job is stalled when its cursor has not moved for `stalled_after` though there are documents behind it that changed
/// longer ago than that: its passes fail, do not end, cannot bring a child to rest, or nobody runs them.
class TrustWatch {
public:
    /// `stores` by entity name. Everything outlives the watch.
    TrustWatch(VerificationStore& verification, LinkStore& links,
               const std::map<std::string, EntityStore*, std::less<>>& stores, JobMetrics& metrics,
               std::vector<domain::AppFamily> families, std::chrono::milliseconds stalled_after);

    /// Brings the metrics up to date. Those of a job whose source is away stay as they are; what that store threw is
    /// thrown once the others are done.
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
