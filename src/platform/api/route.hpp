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

/// What the JSON APIs of all services have in common (contract, section 4).
namespace twinfleet::api {

/// One request on its way to the handler of its route.
struct Call {
    http::Request request;
    /// The id of the request: that of the header `X-Request-Id`, if it has 1 to 128 characters of [A-Za-z0-9._-];
    /// otherwise 32 hex digits made by the server.
    std::string request_id;
    /// The name of the service token that was shown; empty on open routes.
    std::string caller;
    /// The parts of the path that the pattern names, percent-decoded, in the order of the pattern.
    std::vector<std::pair<std::string, std::string>> path_arguments;

    /// The part of the path with that name. Throws std::out_of_range for a name that the pattern does not have.
    [[nodiscard]] const std::string& path_argument(std::string_view name) const;
};

/// A handler that may block. It is called on a thread of the server's pool.
using BlockingHandler = std::function<http::Response(const Call&)>;
/// A handler that must not block. It is called on the thread that serves the connections, and gives the answer by Reply
/// when it can.
using AsynchronousHandler = std::function<void(Call, http::Reply)>;

/// A method and a pattern of paths, with the handler that answers such requests.
struct Route {
    /// `GET`, `POST`, `PUT`, `DELETE`. HEAD is answered wherever GET is.
    std::string method;
    /// The pattern of the paths: in `/v1/cars/{id}` a name in braces stands for one part of the path, which is not
    /// empty.
    std::string pattern;
    std::variant<BlockingHandler, AsynchronousHandler> handler;
    /// Whether a request needs a service token that allows "<method> <path>", or none.
    enum class Access : std::uint8_t { service_token, open } access = Access::service_token;
    /// Whether a body is expected. Then a request without `Content-Type: application/json` is refused with 415.
    bool takes_body = false;
    /// Whether requests are too frequent for a line each in the log. Successes and 429 are then logged at level debug,
    /// as successes of GET are.
    bool is_frequent = false;
};

/// A route as logs name it.
struct RouteName {
    std::string_view method;
    std::string_view pattern;
};

}  // namespace twinfleet::api
