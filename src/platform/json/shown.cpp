#include "platform/json/shown.hpp"

#include <algorithm>
#include <cstddef>

#include <boost/locale/utf.hpp>

namespace twinfleet::json {

std::string shown(std::string_view text) {
    using Utf8 = boost::locale::utf::utf_traits<char>;
    constexpr char32_t c1_end = 0xa0;
    std::string result;
    std::size_t characters = 0;
    const char* const end = text.data() + text.size();
    std::size_t last_begin = 0;
    for (const char* position = text.data(); position != end;) {
        if (characters == shown_characters_max) {
            result.resize(last_begin);
            result += "\u2026";
            break;
        }
        const char* const begin = position;
        const auto code = Utf8::decode(position, end);
        last_begin = result.size();
        ++characters;
        if (code == boost::locale::utf::illegal || code == boost::locale::utf::incomplete) {
            // One byte at a time, so that what follows is read as it stands.
            position = begin + 1;
            result += '?';
        } else if (code < ' ' || (code >= 0x7f && code < c1_end)) {
            result += '?';
        } else {
            result.append(begin, position);
        }
    }
    return result;
}

std::string shown_person(std::string_view text) {
    constexpr std::ptrdiff_t digits_of_a_phone = 7;
    const auto digits = std::count_if(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
    return digits >= digits_of_a_phone ? "(a phone)" : shown(text);
}

}  // namespace twinfleet::json
