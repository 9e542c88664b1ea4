// The translation unit that sees ICU for licences.
#include "domain/license.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <stdexcept>

#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/ustring.h>
#include <unicode/utf16.h>

namespace twinfleet::domain {
namespace {

struct LookAlike {
    char32_t letter;
    char16_t latin;
};

/// Capital letters of other scripts whose skeleton (Unicode Technical Standard 39, confusables.txt of Unicode 15) is
/// that of a Latin capital, in order. Written down rather than asked of ICU: records are stored under what follows from
/// it, so it must not change with the library. Letters with a mark of their own are none of them, nor are digits and
/// the letters that look like them: O and 0 may well be two licences.
constexpr std::array<LookAlike, 95> look_alikes{
    {{0x037F, u'J'},  {0x0391, u'A'},  {0x0392, u'B'},  {0x0395, u'E'},  {0x0396, u'Z'},  {0x0397, u'H'},
     {0x0399, u'I'},  {0x039A, u'K'},  {0x039C, u'M'},  {0x039D, u'N'},  {0x039F, u'O'},  {0x03A1, u'P'},
     {0x03A4, u'T'},  {0x03A5, u'Y'},  {0x03A7, u'X'},  {0x03DC, u'F'},  {0x03FA, u'M'},  {0x0405, u'S'},
     {0x0406, u'I'},  {0x0408, u'J'},  {0x0410, u'A'},  {0x0412, u'B'},  {0x0415, u'E'},  {0x041A, u'K'},
     {0x041C, u'M'},  {0x041D, u'H'},  {0x041E, u'O'},  {0x0420, u'P'},  {0x0421, u'C'},  {0x0422, u'T'},
     {0x0423, u'Y'},  {0x0425, u'X'},  {0x0474, u'V'},  {0x04AE, u'Y'},  {0x04C0, u'I'},  {0x050C, u'G'},
     {0x051A, u'Q'},  {0x051C, u'W'},  {0x054D, u'U'},  {0x054F, u'S'},  {0x0555, u'O'},  {0x13A0, u'D'},
     {0x13A1, u'R'},  {0x13A2, u'T'},  {0x13A9, u'Y'},  {0x13AA, u'A'},  {0x13AB, u'J'},  {0x13AC, u'E'},
     {0x13B3, u'W'},  {0x13B7, u'M'},  {0x13BB, u'H'},  {0x13BD, u'Y'},  {0x13C0, u'G'},  {0x13C3, u'Z'},
     {0x13D2, u'R'},  {0x13D4, u'W'},  {0x13D5, u'S'},  {0x13D9, u'V'},  {0x13DA, u'S'},  {0x13DE, u'L'},
     {0x13DF, u'C'},  {0x13E2, u'P'},  {0x13E6, u'K'},  {0x13F3, u'G'},  {0x13F4, u'B'},  {0x2C8E, u'H'},
     {0x2C92, u'I'},  {0x2C94, u'K'},  {0x2C98, u'M'},  {0x2C9A, u'N'},  {0x2C9E, u'O'},  {0x2CA2, u'P'},
     {0x2CA4, u'C'},  {0x2CA6, u'T'},  {0x2CA8, u'Y'},  {0x2CAC, u'X'},  {0x2CD0, u'L'},  {0x10404, u'O'},
     {0x10415, u'C'}, {0x1041B, u'L'}, {0x10420, u'S'}, {0x104B4, u'R'}, {0x104C2, u'O'}, {0x104CE, u'U'},
     {0x118A0, u'V'}, {0x118A2, u'F'}, {0x118A3, u'L'}, {0x118A4, u'Y'}, {0x118A6, u'E'}, {0x118A9, u'Z'},
     {0x118AE, u'E'}, {0x118B2, u'L'}, {0x118B5, u'O'}, {0x118B8, u'U'}, {0x118BC, u'T'}}};
static_assert(std::is_sorted(look_alikes.begin(), look_alikes.end(),
                             [](const LookAlike& a, const LookAlike& b) { return a.letter < b.letter; }));

/// One round makes a text normal; a second one is needed where dropping a character has brought two together that
/// compose. No text is known that needs a third.
constexpr int rounds_max = 8;

constexpr char16_t dropped = 0;

void check(UErrorCode error) {
    if (U_FAILURE(error) != 0) {
        throw std::runtime_error("ICU cannot normalize a licence");
    }
}

/// What `write(buffer, capacity, error)`, a function of ICU, writes.
template <typename Write>
std::u16string written_by(std::size_t size_expected, const Write& write) {
    std::u16string result(size_expected, u'\0');
    UErrorCode error = U_ZERO_ERROR;
    auto size = write(result.data(), static_cast<std::int32_t>(result.size()), &error);
    if (error == U_BUFFER_OVERFLOW_ERROR) {
        result.resize(static_cast<std::size_t>(size));
        error = U_ZERO_ERROR;
        size = write(result.data(), size, &error);
    }
    check(error);
    result.resize(static_cast<std::size_t>(size));
    return result;
}

std::int32_t length(std::u16string_view text) {
    return static_cast<std::int32_t>(text.size());
}

std::u16string compatible(const std::u16string& text) {
    UErrorCode error = U_ZERO_ERROR;
    const UNormalizer2* nfkc = unorm2_getNFKCInstance(&error);
    check(error);
    return written_by(text.size() + 16, [&](char16_t* buffer, std::int32_t capacity, UErrorCode* failure) {
        return unorm2_normalize(nfkc, text.data(), length(text), buffer, capacity, failure);
    });
}

std::u16string upper_case(const std::u16string& text) {
    // The empty locale: Turkish and Lithuanian rules of their own would make two licences of one.
    return written_by(text.size() + 16, [&](char16_t* buffer, std::int32_t capacity, UErrorCode* failure) {
        return u_strToUpper(buffer, capacity, text.data(), length(text), "", failure);
    });
}

bool is_to_be_dropped(UChar32 c) {
    switch (u_charType(c)) {
        case U_CONTROL_CHAR:
        case U_FORMAT_CHAR:
        case U_SPACE_SEPARATOR:
        case U_LINE_SEPARATOR:
        case U_PARAGRAPH_SEPARATOR:
        case U_DASH_PUNCTUATION:
            return true;
        default:
            // The minus sign, the variation selectors and the like.
            return u_hasBinaryProperty(c, UCHAR_DASH) != 0 ||
                   u_hasBinaryProperty(c, UCHAR_DEFAULT_IGNORABLE_CODE_POINT) != 0;
    }
}

/// What stands for a character that does not stay; `dropped`: nothing.
std::optional<char16_t> replacement(UChar32 c) {
    if (is_to_be_dropped(c)) {
        return dropped;
    }
    if (u_charType(c) == U_DECIMAL_DIGIT_NUMBER) {
        return static_cast<char16_t>(u'0' + u_charDigitValue(c));
    }
    const auto letter = static_cast<char32_t>(c);
    const auto* found =
        std::lower_bound(look_alikes.begin(), look_alikes.end(), letter,
                         [](const LookAlike& look_alike, char32_t wanted) { return look_alike.letter < wanted; });
    return found != look_alikes.end() && found->letter == letter ? std::optional(found->latin) : std::nullopt;
}

std::u16string one_round(const std::u16string& text) {
    const std::u16string capitals = compatible(upper_case(compatible(text)));
    std::u16string result;
    result.reserve(capitals.size());
    for (std::size_t i = 0; i < capitals.size();) {
        const std::size_t begin = i;
        UChar32 c = 0;
        U16_NEXT(capitals.data(), i, capitals.size(), c);
        if (const auto other = replacement(c)) {
            result.append(*other == dropped ? 0 : 1, *other);
        } else {
            result.append(capitals, begin, i - begin);
        }
    }
    return result;
}

/// nullopt when it is not UTF-8.
std::optional<std::u16string> decoded(std::string_view text) {
    std::u16string result(text.size(), u'\0');
    std::int32_t size = 0;
    UErrorCode error = U_ZERO_ERROR;
    u_strFromUTF8(result.data(), static_cast<std::int32_t>(result.size()), &size, text.data(),
                  static_cast<std::int32_t>(text.size()), &error);
    if (error == U_INVALID_CHAR_FOUND) {
        return std::nullopt;
    }
    check(error);
    result.resize(static_cast<std::size_t>(size));
    return result;
}

std::string encoded(const std::u16string& text) {
    constexpr std::size_t bytes_per_unit_max = 3;
    std::string result(text.size() * bytes_per_unit_max, '\0');
    std::int32_t size = 0;
    UErrorCode error = U_ZERO_ERROR;
    u_strToUTF8(result.data(), static_cast<std::int32_t>(result.size()), &size, text.data(), length(text), &error);
    check(error);
    result.resize(static_cast<std::size_t>(size));
    return result;
}

std::string normalize_ascii(std::string_view number) {
    std::string result;
    result.reserve(number.size());
    for (const char c : number) {
        if (c > ' ' && c != '-' && c != '\x7f') {
            result += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
        }
    }
    return result;
}

}  // namespace

std::string normalize_license(std::string_view number) {
    // Nearly all of them.
    if (std::all_of(number.begin(), number.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; })) {
        return normalize_ascii(number);
    }
    auto text = decoded(number);
    if (!text) {
        return std::string(number);
    }
    for (int round = 0; round < rounds_max; ++round) {
        std::u16string next = one_round(*text);
        const bool is_normal = next == *text;
        *text = std::move(next);
        if (is_normal) {
            break;
        }
    }
    return encoded(*text);
}

}  // namespace twinfleet::domain
