// The translation unit that sees libphonenumber and ICU.
#include "domain/phone.hpp"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <set>
#include <utility>

#include <phonenumbers/logger.h>
#include <phonenumbers/phonenumberutil.h>
#include <unicode/uchar.h>
#include <unicode/utf8.h>

namespace twinfleet::domain {
namespace {

using i18n::phonenumbers::NullLogger;
using i18n::phonenumbers::PhoneNumber;
using i18n::phonenumbers::PhoneNumberUtil;

/// Longer text holds more than a number, even with a character that cannot be seen beside each digit.
constexpr std::size_t text_bytes_max = 256;
/// The library itself gives up at 250 characters.
constexpr std::size_t plain_bytes_max = 64;
/// ITU-T E.164 allows 15 digits; no country gets by on fewer than 7, its calling code included.
constexpr std::size_t digits_min = 7;
constexpr std::size_t digits_max = 15;

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/// Made once, at the first call; safe to use from any thread.
const PhoneNumberUtil& library() {
    static const PhoneNumberUtil& only = []() -> const PhoneNumberUtil& {
        PhoneNumberUtil& made = *PhoneNumberUtil::GetInstance();
        // It would print to stdout what it could not read.
        made.SetLogger(new NullLogger);  // NOLINT(cppcoreguidelines-owning-memory): the library takes it over
        return made;
    }();
    return only;
}

/// E.164 country codes are prefix-free: 1 and 7 stand alone, the others have two or three digits.
std::size_t shown_prefix(std::string_view digits) {
    return digits.starts_with('1') || digits.starts_with('7') ? 1 : 2;
}

bool is_e164(std::string_view text) {
    const std::string_view digits = text.substr(text.starts_with('+') ? 1 : 0);
    return text.starts_with('+') && digits.size() >= digits_min && digits.size() <= digits_max &&
           std::all_of(digits.begin(), digits.end(), is_digit);
}

std::string e164_of(const PhoneNumber& number) {
    std::string e164;
    library().Format(number, PhoneNumberUtil::E164, &e164);
    return e164;
}

/// What a character of a number stands for; '\0': nothing.
std::optional<char> plain_of(UChar32 c) {
    constexpr UChar32 enclosing_keycap = 0x20E3;
    constexpr UChar32 small_plus = 0xFE62;
    constexpr UChar32 full_width_plus = 0xFF0B;
    if (u_charType(c) == U_DECIMAL_DIGIT_NUMBER) {
        return static_cast<char>('0' + u_charDigitValue(c));
    }
    if (c == enclosing_keycap || u_hasBinaryProperty(c, UCHAR_DEFAULT_IGNORABLE_CODE_POINT) != 0) {
        return '\0';
    }
    if (u_isUWhiteSpace(c) != 0) {
        return ' ';
    }
    // The wave dashes that the library takes for punctuation are among them.
    if (u_hasBinaryProperty(c, UCHAR_DASH) != 0) {
        return '-';
    }
    if (c == small_plus || c == full_width_plus) {
        return '+';
    }
    return std::nullopt;
}

/// `rest` of a URI `tel:rest`, with its `+` decoded; else the text itself.
std::string_view without_scheme(std::string& text) {
    constexpr std::string_view scheme = "tel:";
    constexpr std::string_view encoded_plus = "%2b";
    const auto has_at = [&](std::size_t at, std::string_view word) {
        return text.size() >= at + word.size() &&
               std::equal(word.begin(), word.end(), text.begin() + at, [](char a, char b) {
                   return a == (b >= 'A' && b <= 'Z' ? static_cast<char>(b - 'A' + 'a') : b);
               });
    };
    if (!has_at(0, scheme)) {
        return text;
    }
    if (has_at(scheme.size(), encoded_plus)) {
        text.replace(scheme.size(), encoded_plus.size(), "+");
    }
    return std::string_view(text).substr(scheme.size());
}

/// The text in plain digits, blanks and signs; other characters stay, for the library to judge. nullopt when it is no
/// UTF-8, or too long for a number.
std::optional<std::string> plain_text(std::string_view text) {
    if (text.size() > text_bytes_max) {
        return std::nullopt;
    }
    std::string plain;
    const auto size = static_cast<std::int32_t>(text.size());
    for (std::int32_t i = 0; i < size;) {
        const std::int32_t begin = i;
        UChar32 c = 0;
        U8_NEXT(text.data(), i, size, c);
        if (c <= 0) {
            return std::nullopt;
        }
        if (const auto sign = plain_of(c)) {
            plain.append(*sign == '\0' ? 0 : 1, *sign);
        } else {
            plain.append(text.substr(static_cast<std::size_t>(begin), static_cast<std::size_t>(i - begin)));
        }
    }
    plain.erase(0, plain.find_first_not_of(' '));
    std::string number(without_scheme(plain));
    return number.size() <= plain_bytes_max ? std::optional(std::move(number)) : std::nullopt;
}

/// A number whose calling code the library does not know: as it stands.
std::optional<TypedPhone> without_a_country(std::string_view plain) {
    std::string e164;
    std::copy_if(plain.begin(), plain.end(), std::back_inserter(e164), [](char c) { return c == '+' || is_digit(c); });
    return is_e164(e164) ? std::optional(TypedPhone{.e164 = std::move(e164), .is_possible = false}) : std::nullopt;
}

}  // namespace

std::optional<TypedPhone> read_phone(std::string_view text, std::string_view region) {
    const auto plain = plain_text(text);
    if (!plain) {
        return std::nullopt;
    }
    // The library would read `1-800-FLOWERS` and `+7 903 123-45-67 ext. 5`.
    const bool has_letters = std::any_of(plain->begin(), plain->end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == ';';
    });
    if (has_letters) {
        return std::nullopt;
    }
    PhoneNumber number;
    if (library().Parse(*plain, std::string(region), &number) != PhoneNumberUtil::NO_PARSING_ERROR) {
        return without_a_country(*plain);
    }
    const std::string e164 = e164_of(number);
    if (number.has_extension() || !is_e164(e164)) {
        return std::nullopt;
    }
    // A number that is read differently from its own E.164 form (+49 00 30...) would be two phones.
    PhoneNumber again;
    const bool is_itself = library().Parse(e164, std::string(region), &again) == PhoneNumberUtil::NO_PARSING_ERROR &&
                           e164_of(again) == e164;
    return TypedPhone{
        .e164 = e164,
        .is_possible = is_itself && library().IsPossibleNumberWithReason(number) == PhoneNumberUtil::IS_POSSIBLE};
}

std::optional<std::string> normalize_phone(std::string_view text, std::string_view region) {
    auto read = read_phone(text, region);
    return read && read->is_possible ? std::optional(std::move(read->e164)) : std::nullopt;
}

int calling_code(std::string_view e164) {
    PhoneNumber number;
    return is_e164(e164) && library().Parse(std::string(e164), "ZZ", &number) == PhoneNumberUtil::NO_PARSING_ERROR
               ? number.country_code()
               : 0;
}

bool is_phone_region(std::string_view region) {
    std::set<std::string> regions;
    library().GetSupportedRegions(&regions);
    return regions.contains(std::string(region));
}

std::string masked_phone(std::string_view e164) {
    constexpr std::size_t shown_at_the_end = 2;
    std::string masked(e164.size(), '*');
    if (!is_e164(e164)) {
        return masked;
    }
    const std::size_t begin = 1 + shown_prefix(e164.substr(1));
    masked.replace(0, begin, e164.substr(0, begin));
    const std::size_t end = e164.size() - shown_at_the_end;
    masked.replace(end, shown_at_the_end, e164.substr(end));
    return masked;
}

}  // namespace twinfleet::domain
