#include "capabilities/access_control/directory/text_rules.hpp"

#include <algorithm>

#include <boost/locale/utf.hpp>

namespace twinfleet::access_control {

bool is_utf8(std::string_view text) noexcept {
    namespace utf = boost::locale::utf;
    for (const char* position = text.data(); position != text.data() + text.size();) {
        const auto code = utf::utf_traits<char>::decode(position, text.data() + text.size());
        if (code == utf::illegal || code == utf::incomplete) {
            return false;
        }
    }
    return true;
}

std::size_t character_count(std::string_view text) noexcept {
    // Every byte but the continuations, 10xxxxxx.
    return static_cast<std::size_t>(
        std::ranges::count_if(text, [](char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U; }));
}

bool has_control_characters(std::string_view text) noexcept {
    return std::ranges::any_of(text, [](char byte) {
        const auto value = static_cast<unsigned char>(byte);
        return value < 0x20 || value == 0x7F;
    });
}

bool is_phone(std::string_view text) noexcept {
    constexpr std::size_t digits_min = 7;
    constexpr std::size_t digits_max = 15;
    if (!text.starts_with('+')) {
        return false;
    }
    text.remove_prefix(1);
    return text.size() >= digits_min && text.size() <= digits_max && text.front() != '0' &&
           std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace twinfleet::access_control
