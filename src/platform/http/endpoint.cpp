#include "platform/http/endpoint.hpp"

#include <algorithm>
#include <charconv>
#include <stdexcept>

#include <boost/url/authority_view.hpp>
#include <boost/url/host_type.hpp>
#include <boost/url/parse.hpp>

#include "platform/http/host_field.hpp"

namespace twinfleet::http {

namespace {

namespace urls = boost::urls;

[[noreturn]] void refuse(std::string_view text) {
    std::string shown(text.substr(0, 100));
    std::replace_if(
        shown.begin(), shown.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }, '?');
    throw std::invalid_argument("expected host:port like 127.0.0.1:8080 or [::1]:8080, found \"" + shown + "\"");
}

/// Takes `%eth0` out of `[fe80::1%eth0]:80`, because a URL has no room for it: it names an interface of this machine.
std::string take_scope(std::string& authority) {
    const auto begin = authority.find('%');
    const auto end = authority.find(']');
    if (!authority.starts_with('[') || begin == std::string::npos || end == std::string::npos || begin + 1 >= end) {
        return {};
    }
    std::string scope = authority.substr(begin, end - begin);
    authority.erase(begin, end - begin);
    return scope;
}

}  // namespace

Endpoint parse_endpoint(std::string_view text) {
    std::string without_scope(text);
    const std::string scope = take_scope(without_scope);
    const auto authority = urls::parse_authority(without_scope);
    if (!authority || authority->has_userinfo()) {
        refuse(text);
    }
    const bool is_address =
        authority->host_type() == urls::host_type::ipv4 || authority->host_type() == urls::host_type::ipv6;
    const std::string host(authority->encoded_host_address());
    const bool is_name =
        authority->host_type() == urls::host_type::name && std::all_of(host.begin(), host.end(), fits_in_host_name);
    if (host.empty() || (!is_address && !is_name) ||
        !std::all_of(scope.begin() + (scope.empty() ? 0 : 1), scope.end(), fits_in_host_name)) {
        refuse(text);
    }
    std::uint16_t port = 0;
    const std::string_view port_text = authority->port();
    const char* const end = port_text.data() + port_text.size();
    const auto result = std::from_chars(port_text.data(), end, port);
    if (result.ec != std::errc() || result.ptr != end) {
        refuse(text);
    }
    return {host + scope, port};
}

}  // namespace twinfleet::http
