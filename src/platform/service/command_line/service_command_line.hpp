#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <iosfwd>
#include <optional>
#include <string>
#include <variant>

#include "platform/process/exit_code.hpp"

namespace CLI {  // NOLINT(readability-identifier-naming): CLI11's name for it
class App;
}  // namespace CLI

namespace twinfleet::service {

/// The program of a service, as its command line describes it.
struct Program {
    std::string name;
    /// What the program is for, in one sentence.
    std::string purpose;
    std::string version;
    /// What `serve` does, for the help.
    std::string serves = "Answer the HTTP API";
    /// What `migrate` does, for the help; empty for a service without a schema, which has no such command.
    std::string migrates = {};
    /// Adds the commands that this service has beside those of every service, and says where their values go. A
    /// callback of CLI11 may throw CLI::ValidationError for options that do not go together. Empty when there are no
    /// such commands.
    std::function<void(CLI::App& app)> add_commands = {};
    /// The last lines of the help.
    std::string exit_codes =
        "Exit codes: 0 done; 2 wrong usage or configuration; 3 a store cannot be reached; 130 interrupted before it "
        "was "
        "done.";
};

/// The command `migrate`.
struct Migrate {};

/// The command `serve`.
struct Serve {};

/// The command `config check FILE`.
struct CheckConfig {
    std::filesystem::path file;
};

/// One of the commands that Program::add_commands has added. These have taken their values themselves.
struct OwnCommand {};

using ServiceCommand = std::variant<Serve, Migrate, CheckConfig, OwnCommand>;

/// What a command line asks a service for (contract, section 3).
struct CommandLine {
    /// The file of `--config`; nullopt for the configuration that ships.
    std::optional<std::filesystem::path> config;
    /// How long a store may be away (`--timeout`).
    std::chrono::milliseconds timeout{30'000};
    ServiceCommand command;
};

/// Reads `serve`, `migrate`, `config check FILE`, the commands of the service's own, and the options --config,
/// --timeout, --version and --help, which may stand before and behind the command. When the result is an exit code, the
/// process has only to end with it: help or the version has been written to `out`, or what was wrong to `error`.
[[nodiscard]] std::variant<CommandLine, process::ExitCode> parse_command_line(const Program& program,
                                                                              int argument_count,
                                                                              const char* const* arguments,
                                                                              std::ostream& out, std::ostream& error);

}  // namespace twinfleet::service
