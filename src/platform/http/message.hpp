#pragma once

#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/json/fwd.hpp>

namespace twinfleet::http {

/// Names and values of header fields, in order. A name may be there several times.
using Headers = std::vector<std::pair<std::string, std::string>>;

/// A request as it was received (RFC 9110).
struct Request {
    /// The method in upper case: `GET`.
    std::string method;
    /// The path as it was sent, without the query: `/v1/links/cars`.
    std::string path;
    /// The query as it was sent, without the `?`.
    std::string query;
    Headers headers;
    std::string body;
    /// The address of the other end of the connection, without a port: `192.0.2.1`, `2001:db8::1`. Behind a proxy it is
    /// the address of the proxy; client_address.hpp finds that of the client.
    std::string peer_address = {};

    /// The value of the first field of that name, which may be written in any case.
    [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const;
};

/// An answer to be sent (RFC 9110). The server itself adds fields that frame the answer, such as Content-Length.
struct Response {
    int status = 200;
    std::string content_type = "application/json";
    std::string body;
    Headers headers = {};
};

/// An answer with `body` as JSON text.
[[nodiscard]] Response json_response(int status, const boost::json::object& body, Headers headers = {});

/// A refusal as JSON: `{"code": code, "message": message}`.
[[nodiscard]] Response error_response(int status, std::string_view code, std::string_view message,
                                      Headers headers = {});
namespace detail {
[[nodiscard]] Response detailed_error_response(int status, std::string_view code, std::string_view message,
                                               const boost::json::object& details, Headers headers);
}  // namespace detail
/// The same with `"details": details`; these must be an object by type, so that braces always mean headers.
template <std::same_as<boost::json::object> Object>
[[nodiscard]] Response error_response(int status, std::string_view code, std::string_view message,
                                      const Object& details, const Headers& headers = {}) {
    return detail::detailed_error_response(status, code, message, details, headers);
}

}  // namespace twinfleet::http
