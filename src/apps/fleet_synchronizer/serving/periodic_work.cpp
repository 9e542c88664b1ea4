#include "apps/fleet_synchronizer/serving/periodic_work.hpp"

#include "capabilities/mirroring/jobs/scheduler.hpp"

namespace twinfleet::fleet_synchronizer {

void do_periodic_work(const MirrorSettings& mirror, const HousekeepingSettings& housekeeping, MirrorMemory& memory,
                      MirrorJobs& jobs, const std::stop_token& stop) {
    const mirroring::Scheduler scheduler(jobs.runner, jobs.dependencies, memory.full_rounds, jobs.lease, jobs.metrics,
                                         mirror.families, mirror.schedules);
    keep_house({.dependencies = jobs.dependencies,
                .foreign_edits = memory.foreign_edits,
                .link_changes = memory.link_changes,
                .erasure = jobs.erasure,
                .verification = memory.verification,
                .job_metrics = jobs.metrics,
                .families = mirror.families,
                .runs_kept_of_each_job = mirror.runs_kept_of_each_job,
                .settings = housekeeping},
               stop);
}

}  // namespace twinfleet::fleet_synchronizer
