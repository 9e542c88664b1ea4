#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "platform/concurrency/work_queue.hpp"
#include "platform/http/server.hpp"
#include "platform/log/logger.hpp"
#include "platform/metrics/registry.hpp"

namespace twinfleet::http {

/// One thing that a process needs in order to serve.
struct Check {
    std::string name;
    bool ok = false;
    /// What is wrong, for a person and without secrets.
    std::string detail;
};

/// Where a MonitorServer listens, and its limits.
struct MonitorSettings {
    /// The address to listen on, as `host:port`.
    std::string listen = "127.0.0.1:9090";
    /// Further ones take the place of those that send nothing, as Server says, so that these keep no probe out.
    std::size_t connections_max = 64;
    std::chrono::milliseconds request_timeout{5'000};
};

/// The functions that answer the monitor's requests. They may block, and are never called at the same time.
struct MonitorCallbacks {
    /// Called for /ready.
    std::function<std::vector<Check>()> ready;
    /// Called for /metrics. Returns the metrics in Prometheus' text format, version 0.0.4.
    std::function<std::string()> metrics;
    /// Called with what another callback threw.
    std::function<void(std::string_view what)> failed = nullptr;
};

/// The callbacks of a service: /ready shows the answers of `check` and, once `stop` is requested, that the process is
/// stopping; /metrics shows the text of `registry`; what a callback threw is logged. `registry` and `log` outlive the
/// callbacks.
[[nodiscard]] MonitorCallbacks monitor_callbacks(std::function<std::vector<Check>()> check, metrics::Registry& registry,
                                                 log::Logger& log, std::stop_token stop);

/// Probes and metrics of a process, apart from its API:
///
///     GET /ping     200 `pong` as long as the process lives; never waits for a callback
///     GET /ready    200 when every check is ok, else 503: {"ready": false, "checks": [{"name", "ok", "detail"}]}
///     GET /metrics  200
///
/// HEAD is answered as GET is, without a body. Other paths get 404, other methods 405. A callback that throws makes
/// /ready 503 and /metrics 500.
class MonitorServer {
public:
    /// Throws std::invalid_argument when `listen` cannot be read, and std::runtime_error when the address cannot be
    /// listened on. Once `stop` is requested the server stops as Server does.
    MonitorServer(const MonitorSettings& settings, const MonitorCallbacks& callbacks, std::stop_token stop = {});

    /// The port that is listened on.
    [[nodiscard]] std::uint16_t port() const noexcept { return server_.port(); }

private:
    /// Has one thread, so that callbacks are never called at the same time. Outlives the server, which waits for its
    /// answers.
    platform::WorkQueue callback_queue_;
    Server server_;
};

}  // namespace twinfleet::http
