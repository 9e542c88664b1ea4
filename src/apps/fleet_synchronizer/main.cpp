#include <cstdlib>
#include <exception>
#include <iostream>
#include <variant>

#include "apps/fleet_synchronizer/application.hpp"
#include "platform/config/error.hpp"
#include "platform/errors/store_error.hpp"

int main(int argument_count, char** arguments) {
    using namespace twinfleet;
    using fleet_synchronizer::ExitCode;

    const auto fail = [](ExitCode code, const std::exception& failure) {
        std::cerr << "fleet-synchronizer: " << failure.what() << '\n';
        return static_cast<int>(code);
    };
    try {
        const auto parsed = fleet_synchronizer::parse_command_line(argument_count, arguments, std::cout, std::cerr);
        if (const auto* code = std::get_if<ExitCode>(&parsed)) {
            return static_cast<int>(*code);
        }
        auto console = fleet_synchronizer::Console::of_process();
        return static_cast<int>(fleet_synchronizer::execute(std::get<fleet_synchronizer::CommandLine>(parsed),
                                                            config::process_environment(), console));
    } catch (const config::Error& error) {
        std::cerr << error.what() << '\n';
        return static_cast<int>(ExitCode::wrong_usage);
    } catch (const platform::StoreUnavailable& error) {
        return fail(ExitCode::store_unreachable, error);
    } catch (const platform::StoreRefused& error) {
        return fail(ExitCode::store_unreachable, error);
    } catch (const std::exception& error) {
        return fail(ExitCode::internal_error, error);
    }
}
