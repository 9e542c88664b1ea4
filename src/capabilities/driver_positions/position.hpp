#pragma once

#include <cstdint>
#include <optional>

/// Where drivers are and were. A position belongs to a driver in a park, hence to one app family.
///
/// Apps send positions in batches (batches/). The store (store/) keeps them as the driver's track (tracks/), and the
/// newest of them as the place where the driver is now: that is what a search for drivers nearby looks at (nearby/),
/// until it is too old and is removed (sweeping/). api/ has the endpoints.
namespace twinfleet::driver_positions {

/// Degrees, WGS 84.
struct GeoPoint {
    double lat = 0;
    double lon = 0;
    bool operator==(const GeoPoint&) const = default;
};

/// What an app reports of one moment (contract, section 4, `POST /v1/driver/positions`). Two positions of one driver
/// with the same timestamp count as the same position.
struct Position {
    GeoPoint point;
    /// Since 1970, UTC.
    std::int64_t timestamp_ms = 0;
    std::optional<double> speed_mps;
    /// Clockwise from north, 0 to 360.
    std::optional<double> direction_deg;
    /// The radius around `point` within which the app takes itself to be.
    std::optional<double> accuracy_m;
    bool operator==(const Position&) const = default;
};

/// At this latitude, north or south, EPSG:3857 ends, and with it what Redis' GEOADD takes
/// (redis.io/docs/latest/commands/geoadd). Positions there and beyond are in the track, but no search finds them.
inline constexpr double searchable_lat_max = 85.05112878;

}  // namespace twinfleet::driver_positions
