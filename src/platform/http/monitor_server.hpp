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
    /// For a person; no secrets.
    std::string detail;
};

struct MonitorSettings {
    /// host:port.
    std::string listen = "127.0.0.1:9090";
    std::size_t connections_max = 64;
    std::chrono::milliseconds request_timeout{5'000};
};

/// What the monitor asks; the callbacks may block and are never called two at a time.
struct MonitorCallbacks {
    std::function<std::vector<Check>()> ready;
    /// In Prometheus' text format, version 0.0.4.
    std::function<std::string()> metrics;
    /// Told what a callback threw.
    std::function<void(std::string_view what)> failed = nullptr;
};

/// What the monitor of a service tells: `check`, and beside it that the process is stopping once `stop` is requested;
/// the text of `registry`; what a callback threw is logged. `registry` and `log` must outlive the callbacks.
[[nodiscard]] MonitorCallbacks monitor_callbacks(std::function<std::vector<Check>()> check, metrics::Registry& registry,
                                                 log::Logger& log, std::stop_token stop);

/// Probes and metrics of a process, apart from its API:
///
///     GET /ping     200 `pong` as long as the process lives; never waits for a callback
///     GET /ready    200 when every check is ok, else 503: {"ready": false, "checks": [{"name", "ok", "detail"}]}
///     GET /metrics  200
///
/// HEAD is answered alike. Other paths get 404, other methods 405. A callback that throws makes /ready 503 and /metrics
/// 500.
class MonitorServer {
public:
    /// Throws std::invalid_argument for a `listen` that cannot be read, std::runtime_error when it cannot be listened
    /// on.
    MonitorServer(const MonitorSettings& settings, const MonitorCallbacks& callbacks, std::stop_token stop = {});

    /// The port that is listened on.
    [[nodiscard]] std::uint16_t port() const noexcept { return server_.port(); }

private:
    /// One thread, so that callbacks are never called two at a time. Outlives the server, which waits for its answers.
    platform::WorkQueue callback_queue_;
    Server server_;
};

}  // namespace twinfleet::http
