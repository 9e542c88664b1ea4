#pragma once

#include "apps/fleet_synchronizer/command_line.hpp"
#include "apps/fleet_synchronizer/output/console.hpp"
#include "platform/config/reader.hpp"

namespace twinfleet::fleet_synchronizer {

/// Does what the command line asks for. To be called before the process has other threads. Throws config::Error for a
/// wrong configuration, platform::StoreUnavailable and platform::StoreRefused for the stores.
[[nodiscard]] process::ExitCode execute(const CommandLine& command_line, const config::Environment& environment,
                                        Console& console);

}  // namespace twinfleet::fleet_synchronizer
