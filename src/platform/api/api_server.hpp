#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string_view>
#include <vector>

#include "platform/api/route.hpp"
#include "platform/api/service_tokens.hpp"
#include "platform/http/server.hpp"
#include "platform/log/logger.hpp"
#include "platform/metrics/registry.hpp"

namespace twinfleet::api {

struct ApiSettings {
    http::ServerSettings server;
    /// The pool for BlockingHandler. When so many wait already: 503 `overloaded` with Retry-After.
    std::size_t blocking_threads = 8;
    std::size_t blocking_waiting_max = 256;
};

/// The tokens in force; nullptr, or no function: none. Called for each request, on the thread that serves the
/// connections.
using TokenSource = std::function<std::shared_ptr<const ServiceTokens>()>;

/// What the contract (section 4) asks of every service's API, around the routes:
/// - `X-Request-Id`, also in the log and on refusals
/// - refusals before a handler is called, in this order: what http::Server refuses; 400 for a path that is no
///   percent-encoded UTF-8 or holds NUL; 404 `not_found`; 405 `method_not_allowed` with Allow; 401 `unauthorized`;
///   403 `forbidden`; 415 `unsupported_media_type`
/// - what a handler throws becomes the answer that failure_response tells
/// - `http_request_duration_seconds{handler,method,code}`; `handler` is the route's pattern, `unknown` for none, and
///   `method` is `other` for what clients make up; the gauges http_connections, http_requests_waiting (for a thread)
///   and http_requests_running
/// - one line in the log for each request: id, method, pattern, status, duration, caller; never path values or bodies.
///   GET and HEAD that succeed, and frequent routes that do, are logged at level debug, the others at info
/// - GET /openapi.yaml, open
///
/// Of two patterns that match a path, the one with the literal comes first, from the left.
class ApiServer {
public:
    /// `openapi` must outlive the server, as must the registry and the logger. Without `tokens` every route with
    /// Access::service_token answers 401. Throws as http::Server does, and std::invalid_argument for routes that are
    /// wrong: a pattern that cannot be read, or two that match the same paths.
    ///
    /// Its end waits for requests under way as that of http::Server does, and for blocking handlers however long they
    /// take.
    ApiServer(const ApiSettings& settings, std::vector<Route> routes, std::string_view openapi, TokenSource tokens,
              metrics::Registry& registry, log::Logger& log, std::stop_token stop = {});
    ~ApiServer();
    ApiServer(const ApiServer&) = delete;
    ApiServer& operator=(const ApiServer&) = delete;

    [[nodiscard]] std::uint16_t port() const noexcept;

private:
    class State;
    std::unique_ptr<State> state_;
};

}  // namespace twinfleet::api
