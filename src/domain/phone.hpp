#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace twinfleet::domain {

/// The phone number in E.164 (ITU-T E.164: `+` and at most 15 digits), whatever spaces, brackets and hyphens it was
/// written with. A number without a leading `+` is read as people of `region` (ISO 3166-1: `RU`) write it, such as
/// 8-903-123-45-67 or 903-123-45-67. nullopt when no country gives out such a number, by the metadata of
/// libphonenumber.
[[nodiscard]] std::optional<std::string> normalize_phone(std::string_view text, std::string_view region);

/// Whether `region` is a two-letter code that libphonenumber knows, so that numbers of it can be read.
[[nodiscard]] bool is_phone_region(std::string_view region);

/// For a person who looks after the service: +79031234567 becomes `+7********67`. A text that is not E.164 becomes
/// nothing but stars.
[[nodiscard]] std::string masked_phone(std::string_view e164);

}  // namespace twinfleet::domain
