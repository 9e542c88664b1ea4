#pragma once

#include <functional>
#include <iosfwd>
#include <string_view>

#include "platform/process/exit_code.hpp"

namespace twinfleet::service {

/// What main() returns: the code of `program`, or that of what it threw, which is told on `error`. config::Error gives
/// wrong_usage, platform::StoreUnavailable and platform::StoreRefused give store_unreachable, anything else
/// internal_error.
[[nodiscard]] int run_program(std::string_view name, const std::function<process::ExitCode()>& program,
                              std::ostream& error);

}  // namespace twinfleet::service
