#pragma once

#include "apps/fleet_synchronizer/commands/command.hpp"
#include "apps/fleet_synchronizer/commands/job_context.hpp"

namespace twinfleet::fleet_synchronizer {

/// Does `verify`: prints on stdout what differs between children and their parents, and a summary at the end. With
/// `--repair`, the jobs first mend what they can, and stdout tells what is left. Returns needs_attention when
/// differences are left.
[[nodiscard]] process::ExitCode verify(const Verify& options, const JobContext& context);

}  // namespace twinfleet::fleet_synchronizer
