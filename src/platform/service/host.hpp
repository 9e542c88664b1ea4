#pragma once

#include <chrono>
#include <functional>
#include <iosfwd>
#include <memory>
#include <optional>
#include <stop_token>
#include <string_view>
#include <vector>

#include "platform/api/api_server.hpp"
#include "platform/clock/clock.hpp"
#include "platform/http/readiness_checks.hpp"
#include "platform/http_client/client.hpp"
#include "platform/log/logger.hpp"
#include "platform/metrics/registry.hpp"
#include "platform/process/exit_code.hpp"
#include "platform/process/shutdown_deadline.hpp"
#include "platform/service/command_line/service_command_line.hpp"
#include "platform/service/settings/common_sections.hpp"
#include "platform/service/stores/store.hpp"

namespace twinfleet::service {

/// What a service offers once it is ready.
struct Served {
    /// The routes of all groups of endpoints. What they refer to outlives the call of Host::serve().
    std::vector<std::vector<api::Route>> routes;
    /// The text of the OpenAPI file, which outlives the call of Host::serve().
    std::string_view openapi;
    /// What /ready asks in addition to the questions of the stores.
    std::vector<http::Question> questions = {};
    /// What the service does beside answering requests; called once, and returns when a stop is requested. Empty when
    /// there is nothing.
    std::function<void()> work = {};
};

/// What every service runs in: its log, clock and metrics, and the way from its stores to its servers. Outlives
/// everything else that the service makes.
class Host {
public:
    /// `settings` say which servers and which log. `stop` ends the service; while the service is serving, it ends
    /// within process::shutdown_limit even if a store hangs. `out` takes results, and `error` what a person should
    /// know. All references outlive this.
    Host(const Program& program, const CommandLine& command_line, const CommonSettings& settings, std::stop_token stop,
         std::ostream& out, std::ostream& error);

    /// Whether the command is `serve`.
    [[nodiscard]] bool is_serving() const noexcept { return is_serving_; }
    /// How long a store may be away (`--timeout`).
    [[nodiscard]] std::chrono::milliseconds timeout() const noexcept { return timeout_; }
    [[nodiscard]] log::Logger& log() noexcept { return *log_; }
    /// The time that counts: that of a store once there is a StoreTime, else that of this machine.
    [[nodiscard]] const platform::Clock& clock() const noexcept { return *clock_; }
    [[nodiscard]] const platform::Clock& machine_clock() const noexcept { return machine_clock_; }
    /// Says in the log when what is sent to this peer, tokens and codes among it, travels without TLS to another
    /// machine.
    void warn_of_plain(const http::ClientSettings& peer);
    /// For StoreTime: clock() is `clock` from now on, which is valid until take_time_from_machine(), and /ready asks
    /// `question` as well.
    void take_time_from(const platform::Clock& clock, http::Question question);
    void take_time_from_machine();
    [[nodiscard]] metrics::Registry& metrics() noexcept { return metrics_; }
    [[nodiscard]] const std::stop_token& stop() const noexcept { return stop_; }
    /// The exit code after a stop: `serve` is done then, any other command was interrupted.
    [[nodiscard]] process::ExitCode code_of_stop() const noexcept;

    /// Waits for the stores, does what `migrate` asks for, and checks whether the schemas are those that the program
    /// knows. When the result is an exit code, the process has only to end with it. Throws platform::StoreUnavailable
    /// and platform::StoreRefused. To be called once; what the stores refer to outlives the call of serve().
    [[nodiscard]] std::optional<process::ExitCode> open(std::vector<Store> stores);

    /// Asks until it answers, as open() asks the stores. Throws platform::StoreUnavailable after timeout().
    void wait_for(const Ping& ping);

    /// Serves the API, and beside it probes and metrics, until a stop is requested. Takes the service tokens from the
    /// file that the settings name. /ready asks the stores and `served.questions`, and the gauge
    /// `service_check_ok{check}` shows each answer. Returns ExitCode::wrong_usage, with the reason in the log, when an
    /// address cannot be listened on. Throws config::Error for a wrong file of service tokens.
    [[nodiscard]] process::ExitCode serve(Served served);

private:
    void say(std::string_view line);
    [[nodiscard]] process::ExitCode migrate();

    const Program& program_;
    const CommonSettings& settings_;
    const std::chrono::milliseconds timeout_;
    const bool is_serving_;
    const bool is_migrating_;
    const std::stop_token stop_;
    std::ostream& out_;
    std::ostream& error_;
    const platform::SystemClock machine_clock_;
    const platform::Clock* clock_ = &machine_clock_;
    std::vector<http::Question> clock_questions_;
    const std::unique_ptr<log::Logger> log_;
    /// A store that hangs must not hold up the end of anything that the service makes.
    std::optional<process::ShutdownDeadline> shutdown_deadline_;
    metrics::Registry metrics_;
    std::vector<Store> stores_;
};

}  // namespace twinfleet::service
