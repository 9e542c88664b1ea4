#pragma once

#include "apps/fleet_synchronizer/commands/command.hpp"
#include "apps/fleet_synchronizer/commands/job_context.hpp"

namespace twinfleet::fleet_synchronizer {

/// Does `create-child driver`: prints the child on stdout. When the driver gets no child, the reason goes to stderr,
/// or, with `--json`, to stdout in the form that the API gives it; the exit code is then needs_attention.
[[nodiscard]] process::ExitCode create_child_driver(const CreateChildDriver& options, const JobContext& context);

}  // namespace twinfleet::fleet_synchronizer
