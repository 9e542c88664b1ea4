#include "platform/command_line/service_command_line.hpp"

#include <CLI/CLI.hpp>

#include "platform/command_line/command_line.hpp"

namespace twinfleet::command_line {

using process::ExitCode;

std::variant<ServiceCommandLine, ExitCode> parse_service_command_line(const ServiceProgram& program, int argument_count,
                                                                      const char* const* arguments, std::ostream& out,
                                                                      std::ostream& error) {
    ServiceCommandLine command_line;
    std::string config_file;
    std::string checked_file;

    CLI::App app{program.purpose};
    app.name(program.name);
    app.set_version_flag("--version", program.name + " " + program.version);
    app.require_subcommand(1);
    // So that --config and --timeout may stand behind the command, too.
    app.fallthrough();
    app.add_option("--config", config_file, "Configuration (YAML); without it the one that ships is used")
        ->type_name("FILE");
    add_timeout(app, command_line.timeout);
    app.footer(
        "Exit codes: 0 done; 2 wrong usage or configuration; 3 a store cannot be reached; 130 interrupted before it "
        "was done.");
    const auto* migrate =
        program.has_schema ? app.add_subcommand("migrate", "Create or update the PostgreSQL schema") : nullptr;
    const auto* serve = app.add_subcommand("serve", "Answer the HTTP API");
    auto* config = app.add_subcommand("config", "Look at configurations")->require_subcommand(1);
    config->add_subcommand("check", "Tell what is wrong with a configuration")
        ->add_option("FILE", checked_file, "Configuration (YAML)")
        ->required();
    try {
        app.parse(argument_count, arguments);
    } catch (const CLI::ParseError& parse_error) {
        return answer(app, parse_error, out, error) ? ExitCode::done : ExitCode::wrong_usage;
    }
    if (app.count("--config") > 0) {
        command_line.config = config_file;
    }
    if (migrate != nullptr && migrate->parsed()) {
        command_line.command = Migrate{};
    } else if (serve->parsed()) {
        command_line.command = Serve{};
    } else {
        command_line.command = CheckConfig{checked_file};
    }
    return command_line;
}

}  // namespace twinfleet::command_line
