#pragma once

#include <stop_token>

#include "apps/fleet_synchronizer/commands/command.hpp"
#include "apps/fleet_synchronizer/commands/needs.hpp"
#include "apps/fleet_synchronizer/output/console.hpp"
#include "apps/fleet_synchronizer/startup/mirror_jobs.hpp"
#include "apps/fleet_synchronizer/startup/mirror_memory.hpp"
#include "apps/fleet_synchronizer/startup/mirror_settings.hpp"
#include "platform/process/exit_code.hpp"

namespace twinfleet::fleet_synchronizer {

/// Does what a command asks for and returns the exit code of the process. Once `stop` is requested, only what is under
/// way is brought to its end. A command that needs documents does nothing and returns
/// wrong_usage, with the reason on stderr, when MongoDB is not the cluster that PostgreSQL belongs to. Throws
/// platform::StoreUnavailable when a store stayed away for longer than `--timeout` allows, and platform::StoreRefused
/// when a store answered with an error.
[[nodiscard]] process::ExitCode execute(const Command& command, const Needs& needs, const MirrorSettings& mirror,
                                        MirrorMemory& memory, MirrorJobs& jobs, Console& console,
                                        const std::stop_token& stop);

}  // namespace twinfleet::fleet_synchronizer
