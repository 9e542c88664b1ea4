#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
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
    /// Where note() puts its fields; nullptr: nowhere.
    std::shared_ptr<std::vector<std::pair<std::string_view, std::string>>> notes = nullptr;

    /// Adds a field to the line that the log has of this request, so that it tells whom the request turned out to come
    /// from: a driver's id, say, and never a phone number, a licence, a code or a token. `key` is a literal. To be
    /// called before the answer is given.
    void note(std::string_view key, std::string value) const;
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
    /// Whether requests are too frequent for a line each in the log. Successes are then logged at level debug, as those
    /// of GET are.
    bool is_frequent = false;
    /// The most bytes of a body, at most those of the server. nullopt: body_bytes_max_without_right for an open route,
    /// no further limit for one with a service token, and body_bytes_max_unused where no body is expected.
    std::optional<std::size_t> body_bytes_max = std::nullopt;
    /// Judges a request by its head, before its body is read: the refusal, or nullopt. It is called on the thread that
    /// serves the connections and must not block. A route whose tokens are not service tokens can refuse here what
    /// shows none.
    std::function<std::optional<http::Response>(const http::Request&)> admit = nullptr;
};

/// The most bytes of a body that anybody may send, and of one that the route has no use for.
inline constexpr std::size_t body_bytes_max_without_right = std::size_t{16} << 10;
inline constexpr std::size_t body_bytes_max_unused = std::size_t{4} << 10;

/// How the paths begin that services alone ask for. They can be served at an address of their own
/// (ApiSettings::internal).
inline constexpr std::string_view internal_prefix = "/v1/internal/";

/// A route as logs name it.
struct RouteName {
    std::string_view method;
    std::string_view pattern;
};

}  // namespace twinfleet::api
