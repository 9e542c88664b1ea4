#include "platform/http/monitor_server.hpp"

#include <algorithm>
#include <array>
#include <exception>
#include <utility>

#include "platform/json/string.hpp"

namespace twinfleet::http {

namespace {

constexpr std::string_view plain_text = "text/plain; charset=utf-8";

ServerSettings server_settings(const MonitorSettings& settings) {
    ServerSettings server;
    server.listen = parse_endpoint(settings.listen);
    server.connections_max = settings.connections_max;
    server.request_timeout = settings.request_timeout;
    server.blocking_threads = 1;
    // Every connection has one request at most, so none is ever refused for want of room.
    server.blocking_queue_max = settings.connections_max;
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

Response ask(const MonitorCallbacks& callbacks, const Request& request) {
    if (request.path == "/metrics") {
        return {.content_type = "text/plain; version=0.0.4; charset=utf-8", .body = callbacks.metrics()};
    }
    try {
        return ready_response(callbacks.ready());
    } catch (const std::exception& error) {
        if (callbacks.failed) {
            callbacks.failed(error.what());
        }
        return ready_response({{"readiness", false, "cannot be told"}});
    }
}

}  // namespace

MonitorServer::MonitorServer(const MonitorSettings& settings, const MonitorCallbacks& callbacks, std::stop_token stop)
    : server_(server_settings(settings),
              {.at_once = answer_at_once,
               .blocking = [callbacks](const Request& request) { return ask(callbacks, request); },
               .failed = callbacks.failed},
              std::move(stop)) {}

}  // namespace twinfleet::http
