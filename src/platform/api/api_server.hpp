#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string_view>
#include <vector>

#include "platform/api/route.hpp"
#include "platform/api/service_tokens.hpp"
#include "platform/http/client_address.hpp"
#include "platform/http/server.hpp"
#include "platform/log/logger.hpp"
#include "platform/metrics/registry.hpp"

namespace twinfleet::api {

/// How an ApiServer listens, and how many threads it has.
struct ApiSettings {
    http::ServerSettings server;
    /// Where routes whose pattern begins with internal_prefix are served, and these alone; `server` then answers 404
    /// for them. nullopt: `server` serves all routes.
    std::optional<http::ServerSettings> internal = std::nullopt;
    /// Who is trusted to tell the address of a client, for the log; as http::TrustedProxies takes them.
    std::vector<std::string> trusted_proxies = {};
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
/// - Requests are refused before a handler is called, in this order: what http::Server refuses by the head; 400 for a
///   path that is no percent-encoded UTF-8 or holds NUL; 404 `not_found`, also for a path that is percent-encoded where
///   the pattern has a literal; 405 `method_not_allowed` with Allow; 401 `unauthorized`; 403 `forbidden`; what
///   Route::admit refuses; 415 `unsupported_media_type`; 413 for a body that is longer than the route takes. All of
///   this is known from the head, and the body of a request that is refused takes no memory.
/// - What a handler throws becomes the answer of failure_response().
/// - The histogram `http_request_duration_seconds{handler,method,code}` measures requests: `handler` is the pattern of
///   the route, or `unknown` where there is none, and `method` is `other` for methods that clients make up. The gauges
///   http_connections, http_requests_waiting (requests that wait for a thread) and http_requests_running count them.
/// - Each request has one line in the log (detail::RequestLog): id, method, pattern, status, code of a refusal and
///   duration; who asked (the service token's name, the user of `X-User`, the client's address, and what the handler
///   noted by Call::note()); and, for callers with a service token, on what ids. Bodies, queries and secrets are never
///   in it. Requests by GET and HEAD that succeed, and requests of frequent routes that do, are logged at level debug,
///   others at level info, of which there are so many a second at most.
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
    /// The port of ApiSettings::internal; 0 without it.
    [[nodiscard]] std::uint16_t internal_port() const noexcept;

private:
    class State;
    std::unique_ptr<State> state_;
};

}  // namespace twinfleet::api
