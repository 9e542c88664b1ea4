#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "capabilities/driver_positions/position.hpp"

namespace twinfleet::driver_positions {

/// Writes a position, without its timestamp, as 9 to 17 bytes. All numbers are little-endian; a figure that is too
/// large becomes the largest that fits.
///
/// - 1 byte: 0x10, the version, plus a bit for each of the optional fields that follow: 1 speed, 2 direction, 4
///   accuracy
/// - 4 bytes each: latitude and longitude in 10^-7 degrees, which is exact to 6 mm
/// - 2 bytes, optional: speed in cm/s
/// - 2 bytes, optional: direction in 1/100 degree
/// - 4 bytes, optional: accuracy in cm
[[nodiscard]] std::string pack(const Position& position);

/// Reads what pack() wrote; nullopt for anything else. `timestamp_ms` becomes the position's timestamp.
[[nodiscard]] std::optional<Position> unpack(std::string_view bytes, std::int64_t timestamp_ms);

/// The position as it comes back after pack() and unpack().
[[nodiscard]] Position rounded(const Position& position);

}  // namespace twinfleet::driver_positions
