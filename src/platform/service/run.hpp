#pragma once

#include <iosfwd>
#include <variant>

#include "platform/config/reader.hpp"
#include "platform/errors/store_error.hpp"
#include "platform/process/exit_code.hpp"
#include "platform/process/signals.hpp"
#include "platform/service/command_line/service_command_line.hpp"
#include "platform/service/host.hpp"
#include "platform/service/run_program.hpp"
#include "platform/service/settings/layers.hpp"

namespace twinfleet::service {

/// What a process has around it, besides its command line.
struct Surroundings {
    config::Environment environment;
    std::ostream& out;
    std::ostream& error;
};

/// The environment variables, stdout and stderr of this process.
[[nodiscard]] Surroundings surroundings_of_process();

/// Writes to `out` that the configuration is in order. Returns the exit code for that.
[[nodiscard]] process::ExitCode say_ok(std::ostream& out);

/// Hands to the system what was written to `out`. Throws std::runtime_error when stdout takes no more, because the disk
/// is full, for example.
void flush(std::ostream& out);

/// Does everything that main() of a service does and returns the exit code of the process. Reads the command line and
/// does what `config check` asks for. For every other command calls `start(host, settings)`, which makes the objects of
/// the service and returns the exit code. `serve` begins only with settings that `config check` accepts. Has to be
/// called before the process has other threads.
template <typename Settings, typename Start>
[[nodiscard]] int run(const Program& program, const Layers<Settings>& layers, const Start& start, int argument_count,
                      const char* const* arguments, const Surroundings& surroundings = surroundings_of_process()) {
    const auto execute = [&]() -> process::ExitCode {
        const auto parsed =
            parse_command_line(program, argument_count, arguments, surroundings.out, surroundings.error);
        if (const auto* code = std::get_if<process::ExitCode>(&parsed)) {
            return *code;
        }
        const auto& command_line = std::get<CommandLine>(parsed);
        if (const auto* check = std::get_if<CheckConfig>(&command_line.command)) {
            layers.check(check->file, surroundings.environment);
            return say_ok(surroundings.out);
        }
        const process::StopSignals signals;
        const bool is_serving = std::holds_alternative<Serve>(command_line.command);
        const Settings settings = is_serving ? layers.read_for_serving(command_line.config, surroundings.environment)
                                             : layers.read(command_line.config, surroundings.environment);
        Host host(program, command_line, settings, signals.token(), surroundings.out, surroundings.error);
        try {
            const process::ExitCode code = start(host, settings);
            flush(surroundings.out);
            return code;
        } catch (const platform::StoreUnavailable&) {
            // Who stops does not wait for a store to come back.
            if (host.stop().stop_requested()) {
                return host.code_of_stop();
            }
            throw;
        }
    };
    return run_program(program.name, execute, surroundings.error);
}

}  // namespace twinfleet::service
