#pragma once

#include <stop_token>

#include "apps/fleet_synchronizer/serving/housekeeping.hpp"
#include "apps/fleet_synchronizer/startup/mirror_jobs.hpp"
#include "apps/fleet_synchronizer/startup/mirror_memory.hpp"
#include "apps/fleet_synchronizer/startup/mirror_settings.hpp"

namespace twinfleet::fleet_synchronizer {

/// What `serve` does beside its answers, until `stop` is requested: runs the jobs at their intervals (Scheduler), and
/// meanwhile keeps house. Returns when the jobs have come to their end.
void do_periodic_work(const MirrorSettings& mirror, const HousekeepingSettings& housekeeping, MirrorMemory& memory,
                      MirrorJobs& jobs, const std::stop_token& stop);

}  // namespace twinfleet::fleet_synchronizer
