#pragma once

#include <string_view>

namespace twinfleet::http {

/// Whether the character stands in names that are looked up (RFC 1123, section 2.1, and the underscore, which is
/// common).
[[nodiscard]] constexpr bool fits_in_host_name(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
           c == '_';
}

/// Whether the text can be the value of the header field `Host` (RFC 9112, section 3.2): a name, an IPv4 address, or an
/// IPv6 address in brackets, and a port or none. Stricter than RFC 3986: a name is not empty and has only characters of
/// fits_in_host_name().
[[nodiscard]] bool is_host(std::string_view text);

}  // namespace twinfleet::http
