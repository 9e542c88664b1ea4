#include "apps/access_control/application.hpp"
#include "platform/startup/run_program.hpp"

int main(int argument_count, char** arguments) {
    using namespace twinfleet;
    return platform::run_service(access_control_app::program(), argument_count, arguments,
                                 [](const command_line::ServiceCommandLine& command_line) {
                                     return access_control_app::execute(command_line, config::process_environment());
                                 });
}
