#include <exception>
#include <iostream>
#include <variant>

#include "apps/access_control/application.hpp"
#include "platform/config/error.hpp"
#include "platform/errors/store_error.hpp"

int main(int argument_count, char** arguments) {
    using namespace twinfleet;
    using access_control_app::ExitCode;

    const auto fail = [](ExitCode code, const std::exception& failure) {
        std::cerr << "access-control: " << failure.what() << '\n';
        return static_cast<int>(code);
    };
    try {
        const auto parsed = access_control_app::parse_command_line(argument_count, arguments, std::cout, std::cerr);
        if (const auto* code = std::get_if<ExitCode>(&parsed)) {
            return static_cast<int>(*code);
        }
        return static_cast<int>(access_control_app::execute(std::get<access_control_app::CommandLine>(parsed),
                                                            config::process_environment()));
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
