#pragma once

#include <cstddef>
#include <string_view>

/// What the texts of users and groups may be; openapi.yaml says the same.
namespace twinfleet::access_control {

/// These are numbers of Unicode characters.
inline constexpr std::size_t id_characters_max = 128;
inline constexpr std::size_t login_characters_max = 128;
inline constexpr std::size_t name_characters_max = 200;

/// Whether the text is UTF-8 (RFC 3629).
[[nodiscard]] bool is_utf8(std::string_view text) noexcept;
/// How many Unicode characters a UTF-8 text has.
[[nodiscard]] std::size_t character_count(std::string_view text) noexcept;
/// Whether one of U+0000 to U+001F or U+007F is in the text.
[[nodiscard]] bool has_control_characters(std::string_view text) noexcept;
/// Whether the text is a phone in E.164: `+` and 7 to 15 digits, of which the first is not 0 (itu.int/rec/T-REC-E.164).
[[nodiscard]] bool is_phone(std::string_view text) noexcept;

}  // namespace twinfleet::access_control
