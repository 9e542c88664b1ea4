#pragma once

#include "apps/fleet_synchronizer/commands/command.hpp"
#include "apps/fleet_synchronizer/commands/job_context.hpp"

namespace twinfleet::fleet_synchronizer {

/// `run`: for each family the jobs in dependency order.
[[nodiscard]] process::ExitCode run_jobs(const RunJobs& run, const JobContext& context);

}  // namespace twinfleet::fleet_synchronizer
