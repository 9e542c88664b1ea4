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

/// Who asks: the peer, or, when that is a trusted proxy, whom `X-Forwarded-For` names last before the chain of trusted
/// proxies begins. All before that name is the client's own to invent. The search ends at the last trusted proxy when
/// an entry is no address. Ports of entries are left out; the text of an address is its canonical one (RFC 5952).
[[nodiscard]] std::string client_address(const Request& request, const TrustedProxies& trusted_proxies);

/// What limits per address should count by: an IPv4 address itself; of an IPv6 address its /64, all of which is usually
/// one subscriber's (RFC 6177), as `2001:db8::/64`. Other text is returned as it is.
[[nodiscard]] std::string subscriber_of(std::string_view address);

}  // namespace twinfleet::http
