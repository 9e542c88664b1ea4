#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace twinfleet::domain {

/// A phone number as somebody typed or pasted it.
struct TypedPhone {
    /// In E.164 (ITU-T E.164: `+` and at most 15 digits).
    std::string e164;
    /// Whether the country has numbers of this length. Which of them it has given out is not asked: numbering plans
    /// grow faster than the copies of them that programs carry.
    bool is_possible;
};

/// Reads a number, whatever spaces, brackets and hyphens it was written with, as a `tel:` URI (RFC 3966), too.
/// Characters that cannot be seen (Unicode: Default_Ignorable_Code_Point, such as variation selectors and marks of
/// direction) do not count; digits, blanks and dashes of any script do. A number without a leading `+` is read as
/// people of `region` (ISO 3166-1: `RU`) write it, such as 8-903-123-45-67 or 903-123-45-67. nullopt when the text is
/// no number at all, or one with an extension, to which no text message can be sent.
[[nodiscard]] std::optional<TypedPhone> read_phone(std::string_view text, std::string_view region);

/// The same number in E.164; nullopt when it is not possible.
[[nodiscard]] std::optional<std::string> normalize_phone(std::string_view text, std::string_view region);

/// The country calling code of a number in E.164 (ITU-T E.164.1): 7 for +79031234567, 998 for +998201234567. 0 when
/// there is no such code.
[[nodiscard]] int calling_code(std::string_view e164);

/// Whether `region` is a two-letter code that libphonenumber knows, so that numbers of it can be read.
[[nodiscard]] bool is_phone_region(std::string_view region);

/// For a person who looks after the service: +79031234567 becomes `+7********67`. A text that is not E.164 becomes
/// nothing but stars.
[[nodiscard]] std::string masked_phone(std::string_view e164);

}  // namespace twinfleet::domain
