#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace twinfleet::redis {

/// Where one server listens, and as which user to log in to it.
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
    /// The connection is encrypted, and the server has to prove that it is `host` (TLS, RFC 8446).
    bool is_tls = false;
    bool operator==(const Address&) const = default;
};

/// The servers that a URI names, and how they belong together.
struct Target {
    enum class Kind : std::uint8_t {
        /// One server, which is `addresses.front()`.
        server,
        /// A Redis Cluster, of which `addresses` are some nodes that tell of the others.
        cluster,
        /// A master and its replicas, watched by the sentinels at `addresses`. User, password and database are those
        /// of the master.
        sentinel,
    };
    Kind kind = Kind::server;
    std::vector<Address> addresses;
    /// What the sentinels call the master; empty for another kind.
    std::string master_name;
    bool operator==(const Target&) const = default;
};

/// Reads one of these, with user and password percent-encoded:
/// - `redis://[user[:password]@]host[:port][/database]` (iana.org/assignments/uri-schemes/prov/redis),
///   `rediss://` for the same over TLS (iana.org/assignments/uri-schemes/prov/rediss), or `unix:///path`
/// - `redis-cluster://[user[:password]@]host[:port],host[:port],...`, or `rediss-cluster://`
/// - `redis-sentinel://[user[:password]@]host[:port],host[:port],.../master-name[/database]`, or `rediss-sentinel://`,
///   where the hosts are those of the sentinels, whose usual port is 26379
///
/// Throws std::invalid_argument that says what was expected and never repeats the text, which may hold a password.
[[nodiscard]] Target parse_uri(std::string_view uri);

}  // namespace twinfleet::redis
