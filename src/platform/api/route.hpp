#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "platform/http/message.hpp"
#include "platform/http/reply.hpp"

/// JSON APIs over HTTP: what the APIs of all services have in common (contract, section 4).
namespace twinfleet::api {

/// One request on its way to the handler of its route.
struct Call {
    http::Request request;
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
using BlockingHandler = std::function<http::Response(const Call&)>;
/// Runs on the thread that serves the connections and must not block; answers when it can.
using AsynchronousHandler = std::function<void(Call, http::Reply)>;

struct Route {
    /// `GET`, `POST`, `PUT`, `DELETE`. HEAD is answered wherever GET is.
    std::string method;
    /// `/v1/cars/{id}`; a name in braces stands for one part of the path, not empty.
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

}  // namespace twinfleet::api
