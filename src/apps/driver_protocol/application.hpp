#pragma once

#include "platform/command_line/service_command_line.hpp"
#include "platform/config/reader.hpp"

namespace twinfleet::driver_protocol_app {

[[nodiscard]] const command_line::ServiceProgram& program();

/// Does what the command line asks for, with stdout and stderr of the process. To be called before the process has
/// other threads. Throws config::Error for a wrong configuration, platform::StoreUnavailable and platform::StoreRefused
/// for the stores.
[[nodiscard]] process::ExitCode execute(const command_line::ServiceCommandLine& command_line,
                                        const config::Environment& environment);

}  // namespace twinfleet::driver_protocol_app
