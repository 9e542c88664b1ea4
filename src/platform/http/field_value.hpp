#pragma once

#include <algorithm>
#include <string_view>

namespace twinfleet::http {

/// The text without the white space that may stand around a field value or a part of it (RFC 9110, section 5.6.3).
[[nodiscard]] constexpr std::string_view without_outer_blanks(std::string_view text) {
    constexpr std::string_view blanks = " \t";
    const auto begin = text.find_first_not_of(blanks);
    return begin == std::string_view::npos ? std::string_view()
                                           : text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

/// The lower-case letter for an upper-case letter of ASCII; other bytes are returned unchanged.
[[nodiscard]] constexpr char lower_case(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// Whether two texts are equal when the case of ASCII letters does not matter, as for names of fields, media types and
/// schemes (RFC 9110, section 5.1).
[[nodiscard]] constexpr bool equal_whatever_case(std::string_view left, std::string_view right) {
    return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                      [](char one, char other) { return lower_case(one) == lower_case(other); });
}

}  // namespace twinfleet::http
