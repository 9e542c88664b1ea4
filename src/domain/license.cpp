#include "domain/license.hpp"

#include <array>
#include <utility>

namespace twinfleet::domain {
namespace {

// Both cases of each look-alike, in UTF-8. The other Cyrillic lower-case letters become upper case by arithmetic below.
constexpr std::array<std::pair<std::string_view, char>, 24> look_alikes{{
    {"А", 'A'}, {"В", 'B'}, {"Е", 'E'}, {"К", 'K'}, {"М", 'M'}, {"Н", 'H'}, {"О", 'O'}, {"Р", 'P'},
    {"С", 'C'}, {"Т", 'T'}, {"У", 'Y'}, {"Х", 'X'}, {"а", 'A'}, {"в", 'B'}, {"е", 'E'}, {"к", 'K'},
    {"м", 'M'}, {"н", 'H'}, {"о", 'O'}, {"р", 'P'}, {"с", 'C'}, {"т", 'T'}, {"у", 'Y'}, {"х", 'X'},
}};

constexpr unsigned cyrillic_small_a = 0x430;
constexpr unsigned cyrillic_small_ya = 0x44f;
constexpr unsigned cyrillic_small_io = 0x451;
constexpr unsigned cyrillic_capital_io = 0x401;

void append_two_bytes(std::string& text, unsigned code_point) {
    text += static_cast<char>(0xc0U | (code_point >> 6U));
    text += static_cast<char>(0x80U | (code_point & 0x3fU));
}

}  // namespace

std::string normalize_license(std::string_view number) {
    std::string result;
    result.reserve(number.size());
    for (std::size_t i = 0; i < number.size();) {
        const auto byte = static_cast<unsigned char>(number[i]);
        if (byte < 0x80) {
            ++i;
            if (byte == ' ' || byte == '-' || (byte >= '\t' && byte <= '\r')) {
                continue;
            }
            result += static_cast<char>(byte >= 'a' && byte <= 'z' ? byte - 'a' + 'A' : byte);
            continue;
        }
        const bool is_pair = (byte & 0xe0U) == 0xc0U && i + 1 < number.size() &&
                             (static_cast<unsigned char>(number[i + 1]) & 0xc0U) == 0x80U;
        if (!is_pair) {
            result += number[i++];
            continue;
        }
        const std::string_view pair = number.substr(i, 2);
        i += 2;
        bool replaced = false;
        for (const auto& [letter, latin] : look_alikes) {
            if (pair == letter) {
                result += latin;
                replaced = true;
                break;
            }
        }
        if (replaced) {
            continue;
        }
        const unsigned code_point = (byte & 0x1fU) << 6U | (static_cast<unsigned char>(pair[1]) & 0x3fU);
        if (code_point >= cyrillic_small_a && code_point <= cyrillic_small_ya) {
            append_two_bytes(result, code_point - 0x20);
        } else if (code_point == cyrillic_small_io) {
            append_two_bytes(result, cyrillic_capital_io);
        } else {
            result += pair;
        }
    }
    return result;
}

}  // namespace twinfleet::domain
