#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "capabilities/driver_positions/position.hpp"
#include "capabilities/driver_positions/settings.hpp"
#include "platform/clock/clock.hpp"

namespace twinfleet::driver_positions {

enum class PositionRefusal : std::uint8_t {
    /// Something is missing that must be there, is of the wrong type or of an impossible value, or is unknown.
    bad_field,
    /// Out of range, or exactly 0,0: what broken receivers report.
    bad_coordinates,
    too_old,
    in_future,
    /// Negative, or over the limit.
    bad_speed,
};
/// As in the answer: `too_old`.
[[nodiscard]] std::string_view name_of(PositionRefusal refusal);

struct Batch {
    struct Refused {
        std::size_t index;
        PositionRefusal refusal;
    };
    /// In the order of the request; a timestamp may repeat.
    std::vector<Position> accepted;
    std::vector<Refused> refused;
};

/// Reads `{"positions": [...]}` (contract, `POST /v1/driver/positions`). Each position stands for itself: a bad one is
/// refused and the others are kept. The refusal is the first that applies, in the order of the enum.
///
/// A position is not compared with its neighbours: how fast somebody would have had to go between two fixes says
/// nothing when these are a moment apart or off by a street, and after one outlier it would condemn the honest ones.
///
/// Throws json::BadInput for what is no such object, naming `positions` when there are none or too many.
[[nodiscard]] Batch read_batch(std::string_view body, const PositionSettings& settings, platform::Time now);

}  // namespace twinfleet::driver_positions
