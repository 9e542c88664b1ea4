#pragma once

#include <string>
#include <string_view>

namespace twinfleet::fleet_synchronizer {

/// The text as a person can read it within one line: unchanged, or as a JSON string when it is empty or holds blanks,
/// control characters, or bytes that are not UTF-8.
[[nodiscard]] std::string printable(std::string_view text);

}  // namespace twinfleet::fleet_synchronizer
