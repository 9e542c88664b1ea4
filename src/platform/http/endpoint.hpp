#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace twinfleet::http {

/// A host and a port to listen on or to connect to.
struct Endpoint {
    /// A name, an IPv4 address, or an IPv6 address without brackets.
    std::string host;
    std::uint16_t port = 0;
    bool operator==(const Endpoint&) const = default;
};

/// Reads `host:port`: `localhost:8080`, `127.0.0.1:8080`, `[::1]:8080`, also an address with a scope,
/// `[fe80::1%eth0]:8080`. Throws std::invalid_argument with what was expected and what was found.
[[nodiscard]] Endpoint parse_endpoint(std::string_view text);

}  // namespace twinfleet::http
