#include "platform/service/command_line/command_line.hpp"

#include <algorithm>
#include <charconv>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

namespace twinfleet::service {
namespace {

constexpr double seconds_max = 86'400;

/// What is wrong with the choice of a command; empty: something else is wrong.
std::string command_problem(const CLI::App& app) {
    const CLI::App* chosen = &app;
    std::string path;
    while (!chosen->get_subcommands().empty()) {
        chosen = chosen->get_subcommands().front();
        path += chosen->get_name() + " ";
    }
    const auto choices = chosen->get_subcommands([](const CLI::App*) { return true; });
    if (choices.empty()) {
        return {};
    }
    std::string names;
    for (const CLI::App* choice : choices) {
        names += (names.empty() ? "" : ", ") + path + choice->get_name();
    }
    const std::vector<std::string> left_over = app.remaining(true);
    const auto word = std::find_if(left_over.begin(), left_over.end(),
                                   [](const std::string& argument) { return !argument.starts_with('-'); });
    if (word != left_over.end()) {
        return "unknown command \"" + path + *word + "\"; there are " + names;
    }
    if (!left_over.empty()) {
        return "unknown option " + left_over.front();
    }
    return "a command is missing; there are " + names;
}

}  // namespace

void add_timeout(CLI::App& app, std::chrono::milliseconds& timeout) {
    const auto take = [&timeout](const std::string& text) {
        double seconds = 0;
        const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), seconds);
        if (problem != std::errc() || end != text.data() + text.size() || !(seconds >= 0 && seconds <= seconds_max)) {
            throw CLI::ValidationError("--timeout", "expected seconds from 0 to 86400");
        }
        timeout = std::chrono::round<std::chrono::milliseconds>(std::chrono::duration<double>(seconds));
    };
    app.add_option_function<std::string>("--timeout", take, "How long a store may be away")
        ->type_name("SECONDS")
        ->default_str(std::to_string(std::chrono::round<std::chrono::seconds>(timeout).count()));
}

bool answer_parse_error(const CLI::App& app, const CLI::ParseError& parse_error, std::ostream& out,
                        std::ostream& error) {
    if (parse_error.get_exit_code() == static_cast<int>(CLI::ExitCodes::RequiredError) ||
        parse_error.get_exit_code() == static_cast<int>(CLI::ExitCodes::ExtrasError)) {
        if (const std::string problem = command_problem(app); !problem.empty()) {
            error << problem << "\nRun with --help for more information.\n";
            return false;
        }
    }
    return app.exit(parse_error, out, error) == 0;
}

}  // namespace twinfleet::service
