#pragma once

#include "apps/fleet_synchronizer/commands/command.hpp"
#include "apps/fleet_synchronizer/commands/job_context.hpp"

namespace twinfleet::fleet_synchronizer {

/// `create-child driver`: the child on stdout. A refusal is told on stderr, or with `--json` as the API tells it on
/// stdout.
[[nodiscard]] process::ExitCode create_child_driver(const CreateChildDriver& options, const JobContext& context);

}  // namespace twinfleet::fleet_synchronizer
