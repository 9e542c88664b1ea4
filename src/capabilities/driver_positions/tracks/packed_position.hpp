#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "capabilities/driver_positions/position.hpp"

namespace twinfleet::driver_positions {

/// A position without its timestamp in 9 to 17 bytes, little-endian: version and which of the optional fields follow
/// (a byte: 0x10 + a bit each), latitude and longitude in 10^-7 degrees (4 bytes each, so within 6 mm), speed in cm/s
/// (2), direction in 1/100 degree (2), accuracy in cm (4; what is larger becomes the largest).
[[nodiscard]] std::string pack(const Position& position);

/// nullopt for anything that pack() did not write.
[[nodiscard]] std::optional<Position> unpack(std::string_view bytes, std::int64_t timestamp_ms);

/// What unpack() gives back of a packed position.
[[nodiscard]] Position rounded(const Position& position);

}  // namespace twinfleet::driver_positions
