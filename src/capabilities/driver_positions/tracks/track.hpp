#pragma once

#include <cstdint>
#include <vector>

#include "capabilities/driver_positions/position.hpp"

namespace twinfleet::driver_positions {

/// A half-open span of time: `from` belongs to it, `to` does not. Empty when `to` is not behind `from`.
struct TimeSpan {
    std::int64_t from_ms = 0;
    std::int64_t to_ms = 0;
};

/// By time, each timestamp once.
struct TrackPage {
    std::vector<Position> positions;
    /// There is more in the span behind the last of them.
    bool has_more = false;
};

}  // namespace twinfleet::driver_positions
