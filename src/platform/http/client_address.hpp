#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "platform/http/message.hpp"

namespace twinfleet::http {

/// The proxies that are trusted to tell the addresses of their clients. Does not change; safe to use from any thread.
class TrustedProxies {
public:
    /// Trusts no proxy.
    TrustedProxies();
    /// Trusts these addresses and networks: `10.0.0.5`, `10.0.0.0/8`, `fd00::/8`. Throws std::invalid_argument that
    /// names what cannot be read, also for a network with bits behind its prefix (`10.0.0.1/8`).
    explicit TrustedProxies(const std::vector<std::string>& networks);
    ~TrustedProxies();
    TrustedProxies(const TrustedProxies&) = delete;
    TrustedProxies& operator=(const TrustedProxies&) = delete;

    /// Whether the address is that of a trusted proxy; false for a text that is no address. An IPv4 address written as
    /// IPv6 (`::ffff:10.0.0.5`) counts as the IPv4 address.
    [[nodiscard]] bool contains(std::string_view address) const;

private:
    struct Networks;
    std::unique_ptr<const Networks> networks_;
};

/// The address of the client, as canonical text (RFC 5952) and without a port. It is that of the peer, unless the peer
/// is a trusted proxy: then it is the last address of `X-Forwarded-For` that is not a trusted proxy's. What stands
/// before that address is not looked at, because a client can send such a field itself. Where an entry is no address,
/// the client is the trusted proxy that added it.
[[nodiscard]] std::string client_address(const Request& request, const TrustedProxies& trusted_proxies);

/// The network of an address, for limits above those per address: an IPv4 address itself; of an IPv6 address its /48,
/// the most that one site is given (RFC 6177), as `2001:db8::/48`. Other text is returned unchanged.
[[nodiscard]] std::string network_of(std::string_view address);

/// The text by which limits per address should count: an IPv4 address itself; of an IPv6 address its /64, all of which
/// usually belongs to one subscriber (RFC 6177), as `2001:db8::/64`. Other text is returned unchanged.
[[nodiscard]] std::string subscriber_of(std::string_view address);

}  // namespace twinfleet::http
