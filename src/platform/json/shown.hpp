#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace twinfleet::json {

/// The most characters of shown().
inline constexpr std::size_t shown_characters_max = 64;

/// A text that somebody else chose, as an error or a log may repeat it: at most shown_characters_max characters of
/// UTF-8, the last one `…` where there were more, with `?` for each control character and each byte that is no UTF-8.
[[nodiscard]] std::string shown(std::string_view text);

/// The same of a text that names a person, who may go by a phone: one with seven digits or more, whatever stands
/// between them, is shown as `(a phone)`.
[[nodiscard]] std::string shown_person(std::string_view text);

}  // namespace twinfleet::json
