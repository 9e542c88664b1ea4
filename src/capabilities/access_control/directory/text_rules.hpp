#pragma once

#include <cstddef>
#include <string_view>

/// What texts of users and groups may be; openapi.yaml says the same.
namespace twinfleet::access_control {

/// In Unicode characters.
inline constexpr std::size_t id_characters_max = 128;
inline constexpr std::size_t login_characters_max = 128;
inline constexpr std::size_t name_characters_max = 200;

/// Of UTF-8 text.
[[nodiscard]] std::size_t character_count(std::string_view text) noexcept;
/// U+0000 to U+001F and U+007F.
[[nodiscard]] bool has_control_characters(std::string_view text) noexcept;
/// E.164: `+` and 7 to 15 digits, of which the first is not 0 (itu.int/rec/T-REC-E.164).
[[nodiscard]] bool is_phone(std::string_view text) noexcept;

}  // namespace twinfleet::access_control
