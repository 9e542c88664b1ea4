#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace twinfleet::redis {

/// Where a server listens, and as which user to log in to it.
struct Address {
    /// A name, an IPv4 address, or an IPv6 address without brackets; empty when `socket_path` is used.
    std::string host;
    std::uint16_t port = 0;
    std::string socket_path;
    /// Empty for the default user.
    std::string user;
    /// nullopt: no AUTH is sent.
    std::optional<std::string> password;
    std::uint32_t database = 0;
    bool operator==(const Address&) const = default;
};

/// `redis://[user[:password]@]host[:port][/database]` (iana.org/assignments/uri-schemes/prov/redis), user and password
/// percent-encoded, or `unix:///path`. Throws std::invalid_argument that says what was expected and never repeats the
/// text, which may hold a password.
[[nodiscard]] Address parse_uri(std::string_view uri);

}  // namespace twinfleet::redis
