#include <iostream>
#include <variant>

#include "apps/fleet_synchronizer/application.hpp"
#include "platform/startup/run_program.hpp"

int main(int argument_count, char** arguments) {
    using namespace twinfleet;

    const auto run = [&]() -> process::ExitCode {
        const auto parsed = fleet_synchronizer::parse_command_line(argument_count, arguments, std::cout, std::cerr);
        if (const auto* code = std::get_if<process::ExitCode>(&parsed)) {
            return *code;
        }
        auto console = fleet_synchronizer::Console::of_process();
        return fleet_synchronizer::execute(std::get<fleet_synchronizer::CommandLine>(parsed),
                                           config::process_environment(), console);
    };
    return platform::run_program("fleet-synchronizer", run, std::cerr);
}
