#pragma once

#include <chrono>
#include <filesystem>
#include <iosfwd>
#include <optional>
#include <string>
#include <variant>

#include "platform/process/exit_code.hpp"

/// The command line of a service that has no commands but those that every service has (contract, section 3).
namespace twinfleet::command_line {

struct ServiceProgram {
    std::string name;
    /// One sentence.
    std::string purpose;
    std::string version;
    /// Whether there is a `migrate`.
    bool has_schema = false;
};

struct Migrate {};

struct Serve {};

struct CheckConfig {
    std::filesystem::path file;
};

using ServiceCommand = std::variant<Migrate, Serve, CheckConfig>;

struct ServiceCommandLine {
    /// Absent: the configuration that ships.
    std::optional<std::filesystem::path> config;
    /// How long a store may be away at the start.
    std::chrono::milliseconds timeout{30'000};
    ServiceCommand command;
};

/// Help, the version, or what was wrong has been written; nothing is left to do but to exit with the code.
[[nodiscard]] std::variant<ServiceCommandLine, process::ExitCode> parse_service_command_line(
    const ServiceProgram& program, int argument_count, const char* const* arguments, std::ostream& out,
    std::ostream& error);

}  // namespace twinfleet::command_line
