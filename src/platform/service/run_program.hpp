#pragma once

#include <functional>
#include <iosfwd>
#include <string_view>

#include "platform/process/exit_code.hpp"

namespace twinfleet::service {

/// Calls `program` and returns the exit code of the process. When `program` throws, the reason is written to `error`;
/// the code is wrong_usage for config::Error, store_unreachable for platform::StoreUnavailable and
/// platform::StoreRefused, and internal_error for anything else.
[[nodiscard]] int run_program(std::string_view name, const std::function<process::ExitCode()>& program,
                              std::ostream& error);

}  // namespace twinfleet::service
