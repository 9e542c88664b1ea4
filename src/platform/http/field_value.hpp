#pragma once

#include <string_view>

namespace twinfleet::http {

/// Without the white space that may stand around a field value or a part of it (RFC 9110, section 5.6.3).
[[nodiscard]] constexpr std::string_view without_outer_blanks(std::string_view text) {
    constexpr std::string_view blanks = " \t";
    const auto begin = text.find_first_not_of(blanks);
    return begin == std::string_view::npos ? std::string_view()
                                           : text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

}  // namespace twinfleet::http
