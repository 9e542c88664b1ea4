#pragma once

#include "apps/fleet_synchronizer/commands/command.hpp"
#include "apps/fleet_synchronizer/commands/job_context.hpp"

namespace twinfleet::fleet_synchronizer {

/// `verify`: what differs, and last a summary, on stdout. With `--repair` the jobs mend what they can first; then
/// stdout tells what is left.
[[nodiscard]] process::ExitCode verify(const Verify& options, const JobContext& context);

}  // namespace twinfleet::fleet_synchronizer
