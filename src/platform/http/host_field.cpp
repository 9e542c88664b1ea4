#include "platform/http/host_field.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>

#include <boost/url/authority_view.hpp>
#include <boost/url/host_type.hpp>
#include <boost/url/parse.hpp>

namespace twinfleet::http {
namespace {

bool is_port(std::string_view text) {
    std::uint16_t port = 0;
    const char* const end = text.data() + text.size();
    const auto result = std::from_chars(text.data(), end, port);
    return result.ec == std::errc() && result.ptr == end;
}

}  // namespace

bool is_host(std::string_view text) {
    // Nearly all are a name without a port.
    const bool is_plain = !text.empty() && std::all_of(text.begin(), text.end(), fits_in_host_name);
    if (is_plain) {
        return true;
    }
    const auto authority = boost::urls::parse_authority(text);
    if (!authority || authority->has_userinfo()) {
        return false;
    }
    const std::string_view port = authority->port();
    if (!port.empty() && !is_port(port)) {
        return false;
    }
    switch (authority->host_type()) {
        case boost::urls::host_type::ipv4:
        case boost::urls::host_type::ipv6:
            return true;
        case boost::urls::host_type::name:
            break;
        default:
            return false;
    }
    const std::string_view name = authority->encoded_host();
    return !name.empty() && std::all_of(name.begin(), name.end(), fits_in_host_name);
}

}  // namespace twinfleet::http
