#include "platform/http/monitor_server.hpp"

#include <algorithm>
#include <array>
#include <exception>
#include <utility>

#include "platform/errors/reason.hpp"
#include "platform/json/string.hpp"

namespace twinfleet::http {

namespace {

constexpr std::string_view plain_text = "text/plain; charset=utf-8";

ServerSettings server_settings(const MonitorSettings& settings) {
    ServerSettings server;
    server.listen = parse_endpoint(settings.listen);
    server.connections_max = settings.connections_max;
    server.request_timeout = settings.request_timeout;
    server.body_bytes_max = std::size_t{4} << 10;
    return server;
}

/// What needs no callback; nullopt for what does.
std::optional<Response> answer_at_once(const Request& request) {
    constexpr std::array<std::string_view, 3> paths = {"/ping", "/ready", "/metrics"};
    if (std::find(paths.begin(), paths.end(), request.path) == paths.end()) {
        return error_response(404, "not_found", "There are /ping, /ready and /metrics.");
    }
    if (request.method != "GET" && request.method != "HEAD") {
        return error_response(405, "method_not_allowed", "Only GET is allowed.", {{"Allow", "GET, HEAD"}});
    }
    if (request.path == "/ping") {
        return Response{.content_type = std::string(plain_text), .body = "pong"};
    }
    return std::nullopt;
}

Response ready_response(const std::vector<Check>& checks) {
    const bool ready = std::all_of(checks.begin(), checks.end(), [](const Check& check) { return check.ok; });
    std::string body = ready ? R"({"ready":true,"checks":[)" : R"({"ready":false,"checks":[)";
    for (const Check& check : checks) {
        if (&check != &checks.front()) {
            body += ',';
        }
        body += R"({"name":)";
        json::append_string(body, check.name);
        body += check.ok ? R"(,"ok":true,"detail":)" : R"(,"ok":false,"detail":)";
        json::append_string(body, check.detail);
        body += '}';
    }
    body += "]}";
    return {.status = ready ? 200 : 503, .body = std::move(body)};
}

/// Tells what was thrown; for use in a handler of exceptions.
void report_current_exception(const MonitorCallbacks& callbacks) {
    if (callbacks.failed) {
        callbacks.failed(platform::reason_of(std::current_exception()));
    }
}

Response ask(const MonitorCallbacks& callbacks, bool for_metrics) {
    try {
        if (for_metrics) {
            return {.content_type = "text/plain; version=0.0.4; charset=utf-8", .body = callbacks.metrics()};
        }
        return ready_response(callbacks.ready());
    } catch (...) {
        report_current_exception(callbacks);
    }
    return for_metrics ? error_response(500, "internal", "The metrics cannot be told.")
                       : ready_response({{"readiness", false, "cannot be told"}});
}

Handlers handlers(const MonitorCallbacks& callbacks, platform::WorkQueue& queue) {
    auto handle = [callbacks, &queue](const Request& request, const Reply& reply) {
        if (auto answer = answer_at_once(request)) {
            reply.send(*std::move(answer));
            return;
        }
        const bool for_metrics = request.path == "/metrics";
        if (!queue.try_post([callbacks, reply, for_metrics] { reply.send(ask(callbacks, for_metrics)); })) {
            reply.send(error_response(503, "overloaded", "Too many requests are waiting.", {{"Retry-After", "1"}}));
        }
    };
    return {.handle = std::move(handle), .failed = callbacks.failed};
}

}  // namespace

MonitorCallbacks monitor_callbacks(std::function<std::vector<Check>()> check, metrics::Registry& registry,
                                   log::Logger& log, std::stop_token stop) {
    return {.ready =
                [check = std::move(check), stop = std::move(stop)] {
                    auto checks = check();
                    if (stop.stop_requested()) {
                        checks.push_back({"running", false, "the process is stopping"});
                    }
                    return checks;
                },
            .metrics = [&registry] { return registry.text(); },
            .failed =
                [&log](std::string_view what) {
                    log.error("a probe failed", {{"reason", what}});
                }};
}

MonitorServer::MonitorServer(const MonitorSettings& settings, const MonitorCallbacks& callbacks, std::stop_token stop)
    // Every connection has one request at most, so none is ever refused for want of room.
    : callback_queue_({.threads = 1, .waiting_max = settings.connections_max}),
      server_(server_settings(settings), handlers(callbacks, callback_queue_), std::move(stop)) {}

}  // namespace twinfleet::http
