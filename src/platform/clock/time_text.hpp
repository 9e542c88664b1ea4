#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "platform/clock/clock.hpp"

namespace twinfleet::platform {

/// The time as RFC 3339 text in UTC: `2024-02-29T23:59:59.999Z`. Microseconds are cut off, not rounded. The year must
/// be one of 0 to 9999.
[[nodiscard]] std::string time_text(Time time);

/// Reads RFC 3339 text with any offset; what is finer than a microsecond is cut off. nullopt for any other text. A leap
/// second (23:59:60) is read as the second after it.
[[nodiscard]] std::optional<Time> parse_time(std::string_view text);

}  // namespace twinfleet::platform
