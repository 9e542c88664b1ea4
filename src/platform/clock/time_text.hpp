#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "platform/clock/clock.hpp"

namespace twinfleet::platform {

/// RFC 3339 in UTC with milliseconds, cut, not rounded: `2024-02-29T23:59:59.999Z`. Of the years 0 to 9999.
[[nodiscard]] std::string time_text(Time time);

/// RFC 3339 with whatever offset, to the microsecond; nullopt when it is not that. A leap second is the one after it.
[[nodiscard]] std::optional<Time> parse_time(std::string_view text);

}  // namespace twinfleet::platform
