#pragma once

#include <cstdint>
#include <optional>

/// Where drivers are and were. A position belongs to (park, driver), hence to one app family.
namespace twinfleet::driver_positions {

/// WGS 84, degrees.
struct GeoPoint {
    double lat = 0;
    double lon = 0;
    bool operator==(const GeoPoint&) const = default;
};

/// What an app said of one moment (contract, "driver-protocol"). Two positions of one driver with the same timestamp
/// are the same position.
struct Position {
    GeoPoint point;
    std::int64_t timestamp_ms = 0;
    std::optional<double> speed_mps;
    /// Clockwise from north, 0 to 360.
    std::optional<double> direction_deg;
    /// The radius in which the app supposes itself.
    std::optional<double> accuracy_m;
    bool operator==(const Position&) const = default;
};

/// EPSG:3857 ends here, and with it what GEOADD takes (redis.io/docs/latest/commands/geoadd). Positions from
/// there on are in the track only.
inline constexpr double searchable_lat_max = 85.05112878;

}  // namespace twinfleet::driver_positions
