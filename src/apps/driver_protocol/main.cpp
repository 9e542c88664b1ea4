#include "apps/driver_protocol/application.hpp"
#include "platform/startup/run_program.hpp"

int main(int argument_count, char** arguments) {
    using namespace twinfleet;
    return platform::run_service(driver_protocol_app::program(), argument_count, arguments,
                                 [](const command_line::ServiceCommandLine& command_line) {
                                     return driver_protocol_app::execute(command_line, config::process_environment());
                                 });
}
