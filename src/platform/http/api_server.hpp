#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "platform/concurrency/work_queue.hpp"
#include "platform/http/reply.hpp"
#include "platform/http/server.hpp"
#include "platform/http/service_tokens.hpp"
#include "platform/log/logger.hpp"
#include "platform/metrics/registry.hpp"

namespace twinfleet::http {

/// One request on its way to the handler of its route.
struct Call {
    Request request;
    /// As taken from `X-Request-Id` (1-128 characters of [A-Za-z0-9._-]) or made: 32 hex digits.
    std::string request_id;
    /// Name of the service token that was shown; empty where routes are open.
    std::string caller;
    /// The parts of the path that the pattern names, percent-decoded, in the order of the pattern.
    std::vector<std::pair<std::string, std::string>> path_arguments;

    /// Throws std::out_of_range for a name that the route does not have.
    [[nodiscard]] const std::string& path_argument(std::string_view name) const;
};

/// Runs on the pool for work that blocks.
using BlockingHandler = std::function<Response(const Call&)>;
/// Runs on the thread that serves the connections and must not block; answers when it can.
using AsynchronousHandler = std::function<void(Call, Reply)>;

struct Route {
    /// `GET`, `POST`, `PUT`, `DELETE`. HEAD is answered wherever GET is.
    std::string method;
    /// `/v1/links/{entity}/{id}`; a name in braces stands for one part of the path, not empty.
    std::string pattern;
    std::variant<BlockingHandler, AsynchronousHandler> handler;
    /// Whether a service token is needed that allows "<method> <path>".
    enum class Access : std::uint8_t { service_token, open } access = Access::service_token;
    /// A body is expected: without `Content-Type: application/json` 415.
    bool takes_body = false;
    /// Called too often for a line in the log each time: successes and 429 are logged at level debug, as those of GET
    /// are.
    bool is_frequent = false;
};

/// A route as logs name it.
struct RouteName {
    std::string_view method;
    std::string_view pattern;
};
/// What ApiServer answers for a handler on its pool: what that returns, or the refusal for what it throws. For handlers
/// on another pool.
[[nodiscard]] Response answer(const BlockingHandler& handler, const Call& call, log::Logger& log, RouteName route);
/// The same as a handler of its own: `handler` runs on `queue`, so that what is slow, or comes in masses, leaves the
/// others their threads; when the queue takes no more, `full()` is the answer. `queue` and `log` outlive it.
[[nodiscard]] AsynchronousHandler on_queue(platform::WorkQueue& queue, BlockingHandler handler, log::Logger& log,
                                           RouteName route, std::function<Response()> full);

struct ApiSettings {
    ServerSettings server;
    /// The pool for BlockingHandler. When so many wait already: 503 `overloaded` with Retry-After.
    std::size_t blocking_threads = 8;
    std::size_t blocking_waiting_max = 256;
};

/// The tokens in force; nullptr, or no function: none. Called for each request, on the thread that serves the
/// connections.
using TokenSource = std::function<std::shared_ptr<const ServiceTokens>()>;

/// What the contract (section 4) asks of every service's API, around the routes:
/// - `X-Request-Id`, also in the log and on refusals
/// - refusals before a handler is called, in this order: what Server refuses; 400 for a path that is no percent-encoded
///   UTF-8 or holds NUL; 404 `not_found`; 405 `method_not_allowed` with Allow; 401 `unauthorized`; 403 `forbidden`;
///   415 `unsupported_media_type`
/// - 400 with `details.field` for json::BadInput that a handler throws
/// - 503 `unavailable` with Retry-After for platform::StoreUnavailable; 500 `internal` for anything else thrown, whose
///   reason is in the log alone
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
    /// Access::service_token answers 401. Throws as Server does, and std::invalid_argument for routes that are wrong:
    /// a pattern that cannot be read, or two that match the same paths.
    ///
    /// Its end waits for requests under way as Server's does, and for blocking handlers however long they take.
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

/// The values of a query by name, in its order, percent-decoded; `+` is a space, as browsers write it. Throws
/// json::BadInput for a name that is not in `allowed`, for a repeated name, and for text that is no UTF-8 or holds NUL.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> read_query(std::string_view query,
                                                                          const std::vector<std::string_view>& allowed);

}  // namespace twinfleet::http
