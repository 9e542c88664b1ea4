#include "platform/http/endpoint.hpp"

#include <algorithm>
#include <charconv>
#include <stdexcept>

namespace twinfleet::http {

namespace {

[[noreturn]] void refuse(std::string_view text) {
    std::string shown(text.substr(0, 100));
    std::replace_if(
        shown.begin(), shown.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }, '?');
    throw std::invalid_argument("expected host:port like 127.0.0.1:8080 or [::1]:8080, found \"" + shown + "\"");
}

bool fits_in_host(char c) {
    const bool letter_or_digit = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    return letter_or_digit || c == '.' || c == '-' || c == '_' || c == ':' || c == '%';
}

}  // namespace

Endpoint parse_endpoint(std::string_view text) {
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos) {
        refuse(text);
    }
    auto host = text.substr(0, colon);
    const auto port_text = text.substr(colon + 1);
    const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
    if (bracketed) {
        host = host.substr(1, host.size() - 2);
    }
    const bool has_colon = host.find(':') != std::string_view::npos;
    if (host.empty() || bracketed != has_colon || !std::all_of(host.begin(), host.end(), fits_in_host)) {
        refuse(text);
    }
    std::uint16_t port = 0;
    const char* const end = port_text.data() + port_text.size();
    const auto result = std::from_chars(port_text.data(), end, port);
    if (port_text.empty() || result.ec != std::errc() || result.ptr != end) {
        refuse(text);
    }
    return {std::string(host), port};
}

}  // namespace twinfleet::http
