#pragma once

#include <chrono>
#include <filesystem>
#include <iosfwd>
#include <optional>
#include <variant>

#include "apps/access_control/exit_code.hpp"

namespace twinfleet::access_control_app {

// What can be asked for (contract, section 3).

struct Migrate {};

struct Serve {};

struct CheckConfig {
    std::filesystem::path file;
};

using Command = std::variant<Migrate, Serve, CheckConfig>;

struct CommandLine {
    /// Absent: the configuration that ships.
    std::optional<std::filesystem::path> config;
    /// How long a store may be away at the start.
    std::chrono::milliseconds timeout{30'000};
    Command command;
};

/// Help, the version, or what was wrong has been written; nothing is left to do but to exit with the code.
[[nodiscard]] std::variant<CommandLine, ExitCode> parse_command_line(int argument_count, const char* const* arguments,
                                                                     std::ostream& out, std::ostream& error);

}  // namespace twinfleet::access_control_app
