#pragma once

#include <algorithm>
#include <string_view>

namespace twinfleet::http {

/// Whether two names of header fields are the same. The case of their letters does not matter (RFC 9110, section 5.1).
[[nodiscard]] inline bool is_same_field_name(std::string_view one, std::string_view another) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    return std::equal(one.begin(), one.end(), another.begin(), another.end(),
                      [lower](char a, char b) { return lower(a) == lower(b); });
}

}  // namespace twinfleet::http
