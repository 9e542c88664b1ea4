#pragma once

#include <cstdint>
#include <vector>

#include "capabilities/driver_positions/position.hpp"

namespace twinfleet::driver_positions {

/// A half-open span of time, in milliseconds since 1970: `from_ms` belongs to it, `to_ms` does not. It is empty when
/// `to_ms` is not greater than `from_ms`.
struct TimeSpan {
    std::int64_t from_ms = 0;
    std::int64_t to_ms = 0;
};

/// A part of a track in the order of time, each timestamp once.
struct TrackPage {
    std::vector<Position> positions;
    /// Whether the span that was asked for holds more positions, later than those here.
    bool has_more = false;
};

}  // namespace twinfleet::driver_positions
