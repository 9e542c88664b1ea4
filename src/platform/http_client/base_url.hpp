#pragma once

#include <string>
#include <string_view>

namespace twinfleet::http {

/// Where a peer is: the part of a URL that all requests to it share.
struct BaseUrl {
    /// Whether the scheme is `https`.
    bool is_encrypted = false;
    /// The scheme, the host and, where one was given, the port: `https://host:8443`.
    std::string origin;
    /// The path that stands before the targets of all requests. It is empty, or begins with a slash and does not end
    /// with one.
    std::string path;
};

/// Reads `http://host`, `https://host:8443/path`, `http://[::1]:8080` (RFC 3986). Refused are other schemes, a missing
/// host, a wrong port, a user name or password, a query, and a fragment. Throws std::invalid_argument with what was
/// expected; the message never repeats a user name, password or query. The check of a configuration calls this
/// function, and so does the client that is made of the configuration, so the client accepts what the check accepts.
[[nodiscard]] BaseUrl parse_base_url(std::string_view url);

}  // namespace twinfleet::http
