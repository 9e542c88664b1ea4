#pragma once

#include "apps/fleet_synchronizer/commands/command.hpp"
#include "apps/fleet_synchronizer/commands/job_context.hpp"
#include "capabilities/mirroring/memory/foreign_edits/foreign_edit.hpp"

namespace twinfleet::fleet_synchronizer {

/// Does what a command asks for and returns the exit code of the process. Throws platform::StoreUnavailable when a
/// store stayed away for longer than `--timeout` allows, and platform::StoreRefused when a store answered with an
/// error.
[[nodiscard]] process::ExitCode execute(const Command& command, const JobContext& context,
                                        mirroring::ForeignEditStore& foreign_edits);

}  // namespace twinfleet::fleet_synchronizer
