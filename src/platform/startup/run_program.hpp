#pragma once

#include <functional>
#include <iosfwd>
#include <string_view>

#include "platform/command_line/service_command_line.hpp"
#include "platform/process/exit_code.hpp"

namespace twinfleet::platform {

/// What main() returns: the code of `program`, or that of what it threw, which is told on `error`. config::Error gives
/// wrong_usage, StoreUnavailable and StoreRefused give store_unreachable, anything else internal_error.
[[nodiscard]] int run_program(std::string_view name, const std::function<process::ExitCode()>& program,
                              std::ostream& error);

/// The same for a service whose command line is that of every service; `execute` does what it asks for.
[[nodiscard]] int run_service(const command_line::ServiceProgram& program, int argument_count,
                              const char* const* arguments,
                              const std::function<process::ExitCode(const command_line::ServiceCommandLine&)>& execute);

}  // namespace twinfleet::platform
