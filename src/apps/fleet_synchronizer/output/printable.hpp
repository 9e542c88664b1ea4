#pragma once

#include <string>
#include <string_view>

namespace twinfleet::fleet_synchronizer {

/// A text for a person to read in a line: as it is, or as a JSON string where it is empty or holds blanks or bytes that
/// a terminal would obey or cannot show.
[[nodiscard]] std::string printable(std::string_view text);

}  // namespace twinfleet::fleet_synchronizer
