#include "platform/service/run_program.hpp"

#include <exception>
#include <ostream>

#include "platform/config/error.hpp"
#include "platform/errors/store_error.hpp"

namespace twinfleet::service {
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
    } catch (const platform::StoreUnavailable& failure) {
        return fail(ExitCode::store_unreachable, failure);
    } catch (const platform::StoreRefused& failure) {
        return fail(ExitCode::store_unreachable, failure);
    } catch (const std::exception& failure) {
        return fail(ExitCode::internal_error, failure);
    }
}

}  // namespace

int run_program(std::string_view name, const std::function<ExitCode()>& program, std::ostream& error) {
    return static_cast<int>(code_of(name, program, error));
}

}  // namespace twinfleet::service
