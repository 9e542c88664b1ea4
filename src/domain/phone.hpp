#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace twinfleet::domain {

/// A phone number as E.164 (ITU-T E.164: `+` and at most 15 digits), whatever spaces, brackets and hyphens it was
/// written with. Without a leading `+` it is read as one of `region` (ISO 3166-1: `RU`), where people write 8 903
/// 123-45-67 as well as 903 123-45-67. nullopt for what is no number that its country gives out, by the metadata of
/// libphonenumber.
[[nodiscard]] std::optional<std::string> normalize_phone(std::string_view text, std::string_view region);

/// Whether numbers of this region can be read: a two-letter code that libphonenumber knows.
[[nodiscard]] bool is_phone_region(std::string_view region);

/// For a person who looks after the service: `+7********67` of +79031234567. Of text that is no E.164 only stars are
/// left.
[[nodiscard]] std::string masked_phone(std::string_view e164);

}  // namespace twinfleet::domain
