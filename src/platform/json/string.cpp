#include "platform/json/string.hpp"

#include <iterator>

#include <boost/locale/utf.hpp>

namespace twinfleet::json {

namespace {

using Utf8 = boost::locale::utf::utf_traits<char>;
constexpr auto replacement = char32_t{0xfffd};

bool is_control(char32_t code) {
    return code < 0x20 || (code >= 0x7f && code <= 0x9f);
}

/// Reads one character and moves on behind it; of broken bytes one becomes U+FFFD, so that what follows is not lost.
char32_t next_character(const char*& position, const char* end) {
    const char* next = position;
    const auto code = Utf8::decode(next, end);
    if (code == boost::locale::utf::illegal || code == boost::locale::utf::incomplete) {
        ++position;
        return replacement;
    }
    position = next;
    return code;
}

void append_escaped(std::string& json, char32_t code) {
    switch (code) {
        case '"':
            json += "\\\"";
            return;
        case '\\':
            json += "\\\\";
            return;
        case '\n':
            json += "\\n";
            return;
        case '\r':
            json += "\\r";
            return;
        case '\t':
            json += "\\t";
            return;
        default:
            break;
    }
    if (is_control(code)) {
        static constexpr std::string_view digits = "0123456789abcdef";
        json += "\\u00";
        json += digits[code >> 4U];
        json += digits[code & 0xfU];
    } else {
        Utf8::encode(code, std::back_inserter(json));
    }
}

}  // namespace

void append_string(std::string& json, std::string_view text) {
    json += '"';
    const char* position = text.data();
    const char* const end = text.data() + text.size();
    while (position != end) {
        append_escaped(json, next_character(position, end));
    }
    json += '"';
}

}  // namespace twinfleet::json
