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

/// How an ApiServer listens, and how many threads it has.
struct ApiSettings {
    http::ServerSettings server;
    /// How many threads call BlockingHandlers, and how many requests may wait for one of them. A further request is
    /// answered with 503 `overloaded` and Retry-After.
    std::size_t blocking_threads = 8;
    std::size_t blocking_waiting_max = 256;
};

/// Returns the tokens in force; nullptr when there are none. An empty function stands for no tokens as well. Called for
/// each request, on the thread that serves the connections.
using TokenSource = std::function<std::shared_ptr<const ServiceTokens>()>;

/// Serves routes, and does around them what the contract (section 4) asks of every service's API:
///
/// - The header `X-Request-Id` is in every answer, also in refusals, and in the log.
/// - Requests are refused before a handler is called, in this order: what http::Server refuses; 400 for a path that is
///   no percent-encoded UTF-8 or holds NUL; 404 `not_found`; 405 `method_not_allowed` with Allow; 401 `unauthorized`;
///   403 `forbidden`; 415 `unsupported_media_type`.
/// - What a handler throws becomes the answer of failure_response().
/// - The histogram `http_request_duration_seconds{handler,method,code}` measures requests: `handler` is the pattern of
///   the route, or `unknown` where there is none, and `method` is `other` for methods that clients make up. The gauges
///   http_connections, http_requests_waiting (requests that wait for a thread) and http_requests_running count them.
/// - Each request has one line in the log, with id, method, pattern, status, duration and caller, and never with values
///   of the path or bodies. Requests by GET and HEAD that succeed, and requests of frequent routes that do, are logged
///   at level debug, others at level info.
/// - GET /openapi.yaml is answered, without a token.
///
/// When two patterns match a path, the one wins that, read from the left, has a literal where the other one first has a
/// name.
class ApiServer {
public:
    /// `openapi`, `registry` and `log` outlive the server. Without `tokens` every route with Access::service_token
    /// answers 401. Once `stop` is requested the server stops as http::Server does. Throws as http::Server does, and
    /// std::invalid_argument for routes that are wrong: a pattern that cannot be read, or two that match the same
    /// paths.
    ///
    /// The destructor waits for requests under way as that of http::Server does, and for blocking handlers however long
    /// they take.
    ApiServer(const ApiSettings& settings, std::vector<Route> routes, std::string_view openapi, TokenSource tokens,
              metrics::Registry& registry, log::Logger& log, std::stop_token stop = {});
    ~ApiServer();
    ApiServer(const ApiServer&) = delete;
    ApiServer& operator=(const ApiServer&) = delete;

    /// The port that is listened on.
    [[nodiscard]] std::uint16_t port() const noexcept;

private:
    class State;
    std::unique_ptr<State> state_;
};

}  // namespace twinfleet::api
