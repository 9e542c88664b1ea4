#pragma once

#include <string>

#include "platform/clock/clock.hpp"

namespace twinfleet::fleet_synchronizer {

/// RFC 3339 in UTC with milliseconds: `2024-02-29T23:59:59.999Z`.
[[nodiscard]] std::string time_text(platform::Time time);

}  // namespace twinfleet::fleet_synchronizer
