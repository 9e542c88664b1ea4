#include "platform/startup/run_program.hpp"

#include <exception>
#include <iostream>
#include <variant>

#include "platform/config/error.hpp"
#include "platform/errors/store_error.hpp"

namespace twinfleet::platform {
namespace {

using process::ExitCode;

ExitCode code_of(std::string_view name, const std::function<ExitCode()>& program, std::ostream& error) {
    const auto fail = [&](ExitCode code, const std::exception& failure) {
        error << name << ": " << failure.what() << '\n';
        return code;
    };
    try {
        return program();
    } catch (const config::Error& failure) {
        // It names the file by itself.
        error << failure.what() << '\n';
        return ExitCode::wrong_usage;
    } catch (const StoreUnavailable& failure) {
        return fail(ExitCode::store_unreachable, failure);
    } catch (const StoreRefused& failure) {
        return fail(ExitCode::store_unreachable, failure);
    } catch (const std::exception& failure) {
        return fail(ExitCode::internal_error, failure);
    }
}

}  // namespace

int run_program(std::string_view name, const std::function<ExitCode()>& program, std::ostream& error) {
    return static_cast<int>(code_of(name, program, error));
}

int run_service(const command_line::ServiceProgram& program, int argument_count, const char* const* arguments,
                const std::function<ExitCode(const command_line::ServiceCommandLine&)>& execute) {
    const auto run = [&]() -> ExitCode {
        const auto parsed =
            command_line::parse_service_command_line(program, argument_count, arguments, std::cout, std::cerr);
        const auto* code = std::get_if<ExitCode>(&parsed);
        return code != nullptr ? *code : execute(std::get<command_line::ServiceCommandLine>(parsed));
    };
    return run_program(program.name, run, std::cerr);
}

}  // namespace twinfleet::platform
