#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "platform/http/message.hpp"

namespace twinfleet::http {

/// Proxies whose word about their clients counts. Never changes; safe to use from any thread.
class TrustedProxies {
public:
    /// Trusts nobody.
    TrustedProxies();
    /// Addresses and networks: `10.0.0.5`, `10.0.0.0/8`, `fd00::/8`. Throws std::invalid_argument that repeats what
    /// cannot be read, also a network with bits behind its prefix (`10.0.0.1/8`).
    explicit TrustedProxies(const std::vector<std::string>& networks);
    ~TrustedProxies();
    TrustedProxies(const TrustedProxies&) = delete;
    TrustedProxies& operator=(const TrustedProxies&) = delete;

    /// False for what is no address. An IPv4 address in IPv6 (`::ffff:10.0.0.5`) is the IPv4 address.
    [[nodiscard]] bool contains(std::string_view address) const;

private:
    struct Networks;
    std::unique_ptr<const Networks> networks_;
};

/// The address of the client: that of the peer, or, when the peer is a trusted proxy, the last address of
/// `X-Forwarded-For` that is no trusted proxy's. What stands before it is not looked at, because a client can send
/// such a field itself. Where an entry is no address, the client is the trusted proxy that added it. Without ports;
/// as canonical text (RFC 5952).
[[nodiscard]] std::string client_address(const Request& request, const TrustedProxies& trusted_proxies);

/// What limits per address should count by: an IPv4 address itself; of an IPv6 address its /64, all of which is usually
/// one subscriber's (RFC 6177), as `2001:db8::/64`. Other text is returned as it is.
[[nodiscard]] std::string subscriber_of(std::string_view address);

}  // namespace twinfleet::http
