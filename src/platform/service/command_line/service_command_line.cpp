#include "platform/service/command_line/service_command_line.hpp"

#include <CLI/CLI.hpp>

#include "platform/service/command_line/command_line.hpp"

namespace twinfleet::service {

using process::ExitCode;

std::variant<CommandLine, ExitCode> parse_command_line(const Program& program, int argument_count,
                                                       const char* const* arguments, std::ostream& out,
                                                       std::ostream& error) {
    CommandLine command_line;
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
    app.footer(program.exit_codes);
    const auto* migrate = program.migrates.empty() ? nullptr : app.add_subcommand("migrate", program.migrates);
    const auto* serve = app.add_subcommand("serve", program.serves);
    if (program.add_commands) {
        program.add_commands(app);
    }
    auto* config = app.add_subcommand("config", "Look at configurations")->require_subcommand(1);
    config->add_subcommand("check", "Tell what is wrong with a configuration")
        ->add_option("FILE", checked_file, "Configuration (YAML)")
        ->required();
    try {
        app.parse(argument_count, arguments);
    } catch (const CLI::ParseError& parse_error) {
        return answer_parse_error(app, parse_error, out, error) ? ExitCode::done : ExitCode::wrong_usage;
    }
    if (app.count("--config") > 0) {
        command_line.config = config_file;
    }
    if (serve->parsed()) {
        command_line.command = Serve{};
    } else if (migrate != nullptr && migrate->parsed()) {
        command_line.command = Migrate{};
    } else if (config->parsed()) {
        command_line.command = CheckConfig{checked_file};
    } else {
        command_line.command = OwnCommand{};
    }
    return command_line;
}

}  // namespace twinfleet::service
