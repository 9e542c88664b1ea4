#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "capabilities/driver_positions/position.hpp"
#include "capabilities/driver_positions/settings.hpp"
#include "platform/clock/clock.hpp"

namespace twinfleet::driver_positions {

/// Why a position is refused (contract, section 4). The limits are in PositionSettings.
enum class PositionRefusal : std::uint8_t {
    /// A field is missing, of the wrong type, has an impossible value, or is not known.
    bad_field,
    /// Latitude or longitude is out of range, or both are exactly 0, which is what broken receivers report.
    bad_coordinates,
    too_old,
    in_future,
    /// The speed is negative or over the limit.
    bad_speed,
};
/// The code in the answer: `too_old`.
[[nodiscard]] std::string_view name_of(PositionRefusal refusal);

/// The positions of one request.
struct Batch {
    /// A position that was refused, by its place in the request, from 0 on.
    struct Refused {
        std::size_t index;
        PositionRefusal refusal;
    };
    /// In the order of the request. A timestamp may occur more than once.
    std::vector<Position> accepted;
    std::vector<Refused> refused;
};

/// Reads the body `{"positions": [...]}` of a request (contract, section 4, `POST /v1/driver/positions`). Each position
/// is judged by itself: a bad one is refused and the others are kept. When several reasons apply, the refusal is the
/// one that comes first in PositionRefusal.
///
/// A position is not compared with its neighbours. The speed between two positions says nothing when they are a moment
/// apart or off by a street, and a rule about it would refuse the good positions that follow a single wrong one.
///
/// Throws json::BadInput when the body is no such object; it names `positions` when the list is missing, empty or too
/// long.
[[nodiscard]] Batch read_batch(std::string_view body, const PositionSettings& settings, platform::Time now);

}  // namespace twinfleet::driver_positions
