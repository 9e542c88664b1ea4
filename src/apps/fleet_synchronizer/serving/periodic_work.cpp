#include "apps/fleet_synchronizer/serving/periodic_work.hpp"

#include "apps/fleet_synchronizer/startup/old_records.hpp"
#include "capabilities/mirroring/jobs/scheduler.hpp"

namespace twinfleet::fleet_synchronizer {

void do_periodic_work(const MirrorSettings& mirror, const HousekeepingSettings& housekeeping, MirrorMemory& memory,
                      MirrorJobs& jobs, const std::stop_token& stop) {
    const mirroring::Scheduler scheduler(jobs.runner, jobs.dependencies, memory.full_rounds, jobs.lease, jobs.metrics,
                                         mirror.families, mirror.schedules);
    keep_house({.dependencies = jobs.dependencies,
                .erasure = jobs.erasure,
                .verification = memory.verification,
                .job_metrics = jobs.metrics,
                .families = mirror.families,
                .remove_old_records = [&] { remove_old_records(mirror, memory); },
                .settings = housekeeping},
               stop);
}

}  // namespace twinfleet::fleet_synchronizer
