#include "platform/service/run.hpp"

#include <iostream>
#include <stdexcept>

namespace twinfleet::service {

Surroundings surroundings_of_process() {
    return {.environment = config::process_environment(), .out = std::cout, .error = std::cerr};
}

process::ExitCode say_ok(std::ostream& out) {
    out << "ok\n";
    flush(out);
    return process::ExitCode::done;
}

void flush(std::ostream& out) {
    if (!out.flush()) {
        throw std::runtime_error("stdout cannot be written to");
    }
}

}  // namespace twinfleet::service
