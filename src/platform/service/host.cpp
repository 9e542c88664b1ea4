#include "platform/service/host.hpp"

#include <chrono>
#include <iterator>
#include <optional>
#include <ostream>
#include <stdexcept>
#include <utility>

#include <unistd.h>

#include "platform/api/service_tokens.hpp"
#include "platform/concurrency/backoff.hpp"
#include "platform/concurrency/guarded.hpp"
#include "platform/http/monitor_server.hpp"
#include "platform/metrics/pool_metrics.hpp"
#include "platform/metrics/process_metrics.hpp"
#include "platform/process/resources.hpp"

namespace twinfleet::service {
namespace {

using process::ExitCode;

/// nullptr, after a warning, when no file is named.
std::unique_ptr<api::ServiceTokensFile> open_tokens(const std::string& file, log::Logger& log) {
    if (file.empty()) {
        log.warning("no service is let in: neither FLEET_SERVICE_TOKENS nor api.service_tokens_file is set");
        return nullptr;
    }
    return std::make_unique<api::ServiceTokensFile>(file, log);
}

template <typename T>
std::vector<T> joined(std::vector<std::vector<T>> groups) {
    std::vector<T> all;
    for (auto& group : groups) {
        std::move(group.begin(), group.end(), std::back_inserter(all));
    }
    return all;
}

/// What /ready says, and the metrics with it. A scrape asks only when nobody has lately: a store that hangs would hold
/// up the monitor twice.
class Readiness {
public:
    /// `registry` and `clock` outlive this, and this outlives the last text of the metrics.
    Readiness(std::vector<http::Question> questions, metrics::Registry& registry, const platform::Clock& clock)
        : checks_(std::move(questions), http::probe_limit),
          clock_(clock),
          check_ok_(registry.gauges("service_check_ok", "What /ready says, 0 or 1", {"check"})) {
        registry.before_text([this] {
            const auto asked_at = asked_at_.with([](const auto& at) { return at; });
            if (!asked_at || clock_.monotonic() - *asked_at > shown_for) {
                static_cast<void>(answers());
            }
        });
    }

    [[nodiscard]] std::vector<http::Check> answers() {
        auto answers = checks_.answers();
        for (const http::Check& check : answers) {
            check_ok_.with({check.name}).set(check.ok ? 1 : 0);
        }
        asked_at_.with([this](auto& at) { at = clock_.monotonic(); });
        return answers;
    }

private:
    static constexpr std::chrono::seconds shown_for{5};

    http::ReadinessChecks checks_;
    const platform::Clock& clock_;
    metrics::Family<metrics::Gauge>& check_ok_;
    platform::Guarded<std::optional<std::chrono::nanoseconds>> asked_at_;
};

}  // namespace

Host::Host(const Program& program, const CommandLine& command_line, const CommonSettings& settings,
           std::stop_token stop, std::ostream& out, std::ostream& error)
    : program_(program),
      settings_(settings),
      timeout_(command_line.timeout),
      is_serving_(std::holds_alternative<Serve>(command_line.command)),
      is_migrating_(std::holds_alternative<Migrate>(command_line.command)),
      stop_(std::move(stop)),
      out_(out),
      error_(error),
      log_(make_logger(settings.log, program.name, !is_serving_ || isatty(STDERR_FILENO) == 1)) {
    if (is_serving_) {
        process::raise_descriptor_limit();
        shutdown_deadline_.emplace(stop_, process::shutdown_limit, *log_);
    }
    metrics::add_process_metrics(metrics_);
}

ExitCode Host::code_of_stop() const noexcept {
    return is_serving_ ? ExitCode::done : ExitCode::interrupted;
}

void Host::say(std::string_view line) {
    error_ << line << std::endl;
}

std::optional<ExitCode> Host::open(std::vector<Store> stores) {
    stores_ = std::move(stores);
    std::vector<Ping> pings;
    std::vector<metrics::WatchedPool> pools;
    for (const Store& store : stores_) {
        if (store.may_send_password_in_plain) {
            log_->warning("a password may travel in plain: the connection string does not demand TLS",
                          {{"store", store.name}});
        }
        pings.push_back(store.ping);
        pools.push_back({store.name, store.usage});
    }
    wait_for_stores(
        pings, timeout_, machine_clock_, [this](std::string_view line) { say(line); }, stop_);
    if (stop_.stop_requested()) {
        return code_of_stop();
    }
    if (is_migrating_) {
        return migrate();
    }
    for (const Store& store : stores_) {
        if (!store.schema_problem) {
            continue;
        }
        if (const std::string problem = store.schema_problem(program_.name); !problem.empty()) {
            say(problem);
            return ExitCode::wrong_usage;
        }
    }
    metrics::add_pool_metrics(metrics_, std::move(pools));
    return std::nullopt;
}

void Host::wait_for(const Ping& ping) {
    wait_for_stores(
        {ping}, timeout_, machine_clock_, [this](std::string_view line) { say(line); }, stop_);
}

void Host::warn_of_plain(const http::ClientSettings& peer) {
    if (http::is_sent_in_plain(peer)) {
        log_->warning("secrets travel in plain: the address is not https://", {{"peer", peer.peer_name}});
    }
}

void Host::take_time_from(const platform::Clock& clock, http::Question question) {
    clock_ = &clock;
    clock_questions_ = {std::move(question)};
}

void Host::take_time_from_machine() {
    clock_ = &machine_clock_;
    clock_questions_.clear();
}

ExitCode Host::migrate() {
    for (const Store& store : stores_) {
        if (store.migrate) {
            store.migrate([this](std::string_view line) { out_ << line << '\n'; },
                          [this](std::string_view line) { say(line); });
        }
    }
    return ExitCode::done;
}

ExitCode Host::serve(Served served) {
    std::vector<std::vector<http::Question>> questions;
    for (const Store& store : stores_) {
        if (store.questions) {
            questions.push_back(store.questions(program_.name));
        }
    }
    questions.push_back(clock_questions_);
    questions.push_back(std::move(served.questions));
    Readiness readiness(joined(std::move(questions)), metrics_, machine_clock_);

    const auto tokens = open_tokens(settings_.api.service_tokens_file, *log_);
    const auto token_source = [&tokens] { return tokens == nullptr ? nullptr : tokens->snapshot(); };
    // The monitor outlives the API: a stop is told there while requests come to their end.
    std::optional<http::MonitorServer> monitor;
    std::optional<api::ApiServer> api;
    try {
        // Before the monitor, which would tell of a service that is ready while nobody listens yet.
        api.emplace(server_settings(settings_.api), joined(std::move(served.routes)), served.openapi, token_source,
                    metrics_, *log_, stop_);
        monitor.emplace(settings_.monitor,
                        http::monitor_callbacks([&readiness] { return readiness.answers(); }, metrics_, *log_, stop_));
    } catch (const std::runtime_error& refused) {
        log_->error("no server", {{"reason", refused.what()}});
        return ExitCode::wrong_usage;
    }
    log_->info("serving",
               {{"port", api->port()}, {"internal_port", api->internal_port()}, {"monitor_port", monitor->port()}});
    if (served.work) {
        served.work();
    } else {
        platform::wait_for_stop(stop_);
    }
    log_->info("stopping");
    return ExitCode::done;
}

}  // namespace twinfleet::service
