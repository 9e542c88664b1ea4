#pragma once

#include "apps/access_control/command_line.hpp"
#include "platform/config/reader.hpp"

namespace twinfleet::access_control_app {

/// Does what the command line asks for, with stdout and stderr of the process. To be called before the process has
/// other threads. Throws config::Error for a wrong configuration, platform::StoreUnavailable and platform::StoreRefused
/// for the stores.
[[nodiscard]] ExitCode execute(const CommandLine& command_line, const config::Environment& environment);

}  // namespace twinfleet::access_control_app
