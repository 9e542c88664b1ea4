#pragma once

#include "apps/fleet_synchronizer/commands/command.hpp"
#include "apps/fleet_synchronizer/commands/job_context.hpp"
#include "platform/process/exit_code.hpp"

namespace twinfleet::fleet_synchronizer {

/// Keeps the children of the chosen parks retired from now on, or no longer, and runs full passes over these parks,
/// which retire everything in them or bring it back. Prints what `run` prints. Says on stderr which park or city has no
/// child, and returns needs_attention when there is nothing to do at all; otherwise as run_jobs().
[[nodiscard]] process::ExitCode retire_parks(const RetireParks& options, const JobContext& context);

}  // namespace twinfleet::fleet_synchronizer
