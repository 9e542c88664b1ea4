#pragma once

#include "apps/fleet_synchronizer/commands/command.hpp"
#include "apps/fleet_synchronizer/commands/job_context.hpp"

namespace twinfleet::fleet_synchronizer {

/// Does `run`: for each family, runs the jobs that were asked for in the order in which they depend on each other, the
/// users job among them, and prints a report of each on stdout. A job of several entities, such as users, which mirrors
/// groups and then users, has one report. With `all`, entities whose store is not configured are left out. A dry run
/// prints each operation first and the reports at the end.
///
/// Returns needs_attention when parents in the scope of the run are in quarantine, or when the budget held retirements
/// back. Stops at the first job whose lease another process holds (lease_is_held) and when a stop was requested
/// (interrupted).
[[nodiscard]] process::ExitCode run_jobs(const RunJobs& run, const JobContext& context);

}  // namespace twinfleet::fleet_synchronizer
