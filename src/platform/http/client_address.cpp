#include "platform/http/client_address.hpp"

#include <algorithm>
#include <optional>
#include <stdexcept>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/network_v6.hpp>

#include "platform/http/field_value.hpp"

namespace twinfleet::http {
namespace {

namespace ip = boost::asio::ip;
using ErrorCode = boost::system::error_code;

constexpr unsigned short v4_bits = 32;
constexpr unsigned short v6_bits = 128;
constexpr unsigned short subscriber_bits = 64;
constexpr unsigned short site_bits = 48;
/// The longest text of an IPv6 address with a scope; what is longer need not be looked at.
constexpr std::size_t address_bytes_max = 64;

std::optional<ip::address> read_address(std::string_view text) {
    if (text.empty() || text.size() > address_bytes_max || text.find('\0') != std::string_view::npos) {
        return std::nullopt;
    }
    ErrorCode error;
    const auto address = ip::make_address(std::string(text), error);
    if (error) {
        return std::nullopt;
    }
    if (address.is_v6()) {
        auto v6 = address.to_v6();
        if (v6.is_v4_mapped()) {
            return ip::make_address_v4(ip::v4_mapped, v6);
        }
        // The scope names an interface of this machine, not a peer.
        v6.scope_id(0);
        return v6;
    }
    return address;
}

/// `192.0.2.1`, `192.0.2.1:4711`, `2001:db8::1`, `[2001:db8::1]`, `[2001:db8::1]:4711`.
std::optional<ip::address> read_entry(std::string_view entry) {
    if (entry.starts_with('[')) {
        const auto end = entry.find(']');
        return end == std::string_view::npos ? std::nullopt : read_address(entry.substr(1, end - 1));
    }
    const auto colon = entry.find(':');
    if (colon != std::string_view::npos && colon == entry.rfind(':')) {
        entry = entry.substr(0, colon);
    }
    return read_address(entry);
}

std::string with_v6_prefix(std::string_view address, unsigned short bits) {
    const auto read = read_address(address);
    if (!read) {
        return std::string(address);
    }
    return read->is_v4() ? read->to_string() : ip::network_v6(read->to_v6(), bits).canonical().to_string();
}

/// The entries of all fields of that name, the last first.
std::vector<std::string_view> forwarded_for(const Request& request) {
    std::vector<std::string_view> entries;
    for (const auto& [name, value] : request.headers) {
        if (!equal_whatever_case(name, "X-Forwarded-For")) {
            continue;
        }
        std::string_view rest = value;
        while (true) {
            const auto comma = rest.find(',');
            entries.push_back(without_outer_blanks(rest.substr(0, comma)));
            if (comma == std::string_view::npos) {
                break;
            }
            rest.remove_prefix(comma + 1);
        }
    }
    std::reverse(entries.begin(), entries.end());
    return entries;
}

}  // namespace

struct TrustedProxies::Networks {
    std::vector<ip::network_v4> v4;
    std::vector<ip::network_v6> v6;

    void add(const std::string& text) {
        const bool has_prefix = text.find('/') != std::string::npos;
        const auto address = has_prefix ? std::nullopt : read_address(text);
        ErrorCode error;
        if (address) {
            if (address->is_v4()) {
                v4.emplace_back(address->to_v4(), v4_bits);
            } else {
                v6.emplace_back(address->to_v6(), v6_bits);
            }
            return;
        }
        if (const auto network = ip::make_network_v4(text, error);
            has_prefix && !error && network == network.canonical()) {
            v4.push_back(network);
            return;
        }
        if (const auto network = ip::make_network_v6(text, error);
            has_prefix && !error && network == network.canonical()) {
            v6.push_back(network);
            return;
        }
        throw std::invalid_argument("expected an address or a network like 10.0.0.0/8, not \"" + text + '"');
    }

    [[nodiscard]] bool contain(const ip::address& address) const {
        // A network that an address makes with its own prefix is the same network when the address is in it.
        if (address.is_v4()) {
            return std::any_of(v4.begin(), v4.end(), [v = address.to_v4()](const ip::network_v4& network) {
                return ip::network_v4(v, network.prefix_length()).canonical() == network;
            });
        }
        return std::any_of(v6.begin(), v6.end(), [v = address.to_v6()](const ip::network_v6& network) {
            return ip::network_v6(v, network.prefix_length()).canonical() == network;
        });
    }
};

TrustedProxies::TrustedProxies() : TrustedProxies(std::vector<std::string>()) {}

TrustedProxies::TrustedProxies(const std::vector<std::string>& networks) {
    auto read = std::make_unique<Networks>();
    for (const std::string& network : networks) {
        read->add(network);
    }
    networks_ = std::move(read);
}

TrustedProxies::~TrustedProxies() = default;

bool TrustedProxies::contains(std::string_view address) const {
    const auto read = read_address(address);
    return read && networks_->contain(*read);
}

std::string client_address(const Request& request, const TrustedProxies& trusted_proxies) {
    const auto peer = read_address(request.peer_address);
    if (!peer) {
        return request.peer_address;
    }
    std::string client = peer->to_string();
    if (!trusted_proxies.contains(client)) {
        return client;
    }
    for (const std::string_view entry : forwarded_for(request)) {
        const auto address = read_entry(entry);
        if (!address) {
            break;
        }
        client = address->to_string();
        if (!trusted_proxies.contains(client)) {
            break;
        }
    }
    return client;
}

std::string subscriber_of(std::string_view address) {
    return with_v6_prefix(address, subscriber_bits);
}

std::string network_of(std::string_view address) {
    return with_v6_prefix(address, site_bits);
}

}  // namespace twinfleet::http
