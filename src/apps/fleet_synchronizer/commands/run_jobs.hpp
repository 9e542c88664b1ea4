#pragma once

#include "apps/fleet_synchronizer/command_line.hpp"
#include "apps/fleet_synchronizer/commands/job_context.hpp"

namespace twinfleet::fleet_synchronizer {

/// `run`: for each family the jobs in dependency order. The users job is no business of this function.
[[nodiscard]] process::ExitCode run_jobs(const RunJobs& run, const JobContext& context);

}  // namespace twinfleet::fleet_synchronizer
