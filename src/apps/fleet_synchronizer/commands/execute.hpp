#pragma once

#include <stop_token>

#include "apps/fleet_synchronizer/commands/command.hpp"
#include "apps/fleet_synchronizer/output/console.hpp"
#include "apps/fleet_synchronizer/startup/mirror_jobs.hpp"
#include "apps/fleet_synchronizer/startup/mirror_memory.hpp"
#include "apps/fleet_synchronizer/startup/mirror_settings.hpp"
#include "platform/process/exit_code.hpp"

namespace twinfleet::fleet_synchronizer {

/// Does what a command asks for; once `stop` is requested, only what it has in hand. Throws platform::StoreUnavailable
/// for a store that stayed away for longer than `--timeout`, and platform::StoreRefused.
[[nodiscard]] process::ExitCode execute(const Command& command, const MirrorSettings& mirror, MirrorMemory& memory,
                                        MirrorJobs& jobs, Console& console, const std::stop_token& stop);

}  // namespace twinfleet::fleet_synchronizer
