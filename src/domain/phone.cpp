// The translation unit that sees libphonenumber.
#include "domain/phone.hpp"

#include <algorithm>
#include <set>

#include <phonenumbers/logger.h>
#include <phonenumbers/phonenumberutil.h>

namespace twinfleet::domain {
namespace {

using i18n::phonenumbers::NullLogger;
using i18n::phonenumbers::PhoneNumber;
using i18n::phonenumbers::PhoneNumberUtil;

/// Longer text holds more than a number; the library itself gives up at 250 characters.
constexpr std::size_t text_bytes_max = 64;

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

}  // namespace

std::optional<std::string> normalize_phone(std::string_view text, std::string_view region) {
    if (text.size() > text_bytes_max) {
        return std::nullopt;
    }
    // It would read `1-800-FLOWERS` and `+7 903 123-45-67 ext. 5`, neither of which a text message can be sent to.
    const bool has_letters = std::any_of(
        text.begin(), text.end(), [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == ';'; });
    PhoneNumber number;
    if (has_letters ||
        library().Parse(std::string(text), std::string(region), &number) != PhoneNumberUtil::NO_PARSING_ERROR ||
        number.has_extension() || !library().IsValidNumber(number)) {
        return std::nullopt;
    }
    std::string e164;
    library().Format(number, PhoneNumberUtil::E164, &e164);
    return e164;
}

bool is_phone_region(std::string_view region) {
    std::set<std::string> regions;
    library().GetSupportedRegions(&regions);
    return regions.contains(std::string(region));
}

std::string masked_phone(std::string_view e164) {
    constexpr std::size_t shown_at_the_end = 2;
    constexpr std::size_t digits_min = 7;
    std::string masked(e164.size(), '*');
    const std::string_view digits = e164.substr(e164.starts_with('+') ? 1 : 0);
    if (!e164.starts_with('+') || digits.size() < digits_min || !std::all_of(digits.begin(), digits.end(), is_digit)) {
        return masked;
    }
    const std::size_t begin = 1 + shown_prefix(digits);
    masked.replace(0, begin, e164.substr(0, begin));
    const std::size_t end = e164.size() - shown_at_the_end;
    masked.replace(end, shown_at_the_end, e164.substr(end));
    return masked;
}

}  // namespace twinfleet::domain
