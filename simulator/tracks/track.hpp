#pragma once

#include <chrono>
#include <cmath>
#include <cstdint>
#include <functional>
#include <memory>
#include <numbers>

namespace twinfleet::simulator {

/// Degrees, WGS 84.
struct Place {
    double latitude = 0;
    double longitude = 0;
};

/// What the receiver of a car says at a moment.
struct Fix {
    Place place;
    double speed_mps = 0;
    /// Clockwise from north, 0 up to 360.
    double direction_degrees = 0;
};

/// The way of one car. It never ends.
class Track {
public:
    Track() = default;
    Track(const Track&) = delete;
    Track& operator=(const Track&) = delete;
    virtual ~Track() = default;

    /// Where the car is. Times must not go back from one call to the next.
    [[nodiscard]] virtual Fix at(std::chrono::milliseconds since_start) = 0;
};

/// Makes tracks: always the same one for the same number, and another one for another number.
using TrackSource = std::function<std::unique_ptr<Track>(std::uint64_t number)>;

// On the scale of a city the earth is flat: the errors are below one in a thousand.

/// How long a degree of latitude is.
inline constexpr double metres_per_degree = 111'195;

/// The way from one place to another.
struct Offset {
    double north_m = 0;
    double east_m = 0;

    [[nodiscard]] double length_m() const { return std::hypot(north_m, east_m); }
    /// Clockwise from north, 0 up to 360.
    [[nodiscard]] double direction_degrees() const {
        const double degrees = std::atan2(east_m, north_m) * 180 / std::numbers::pi;
        return degrees < 0 ? degrees + 360 : degrees;
    }
};

/// The length of a degree of longitude at this latitude, as a share of that of a degree of latitude.
[[nodiscard]] inline double shrinkage(double latitude) {
    return std::cos(latitude * std::numbers::pi / 180);
}

[[nodiscard]] inline Offset offset(const Place& from, const Place& to) {
    return {.north_m = (to.latitude - from.latitude) * metres_per_degree,
            .east_m = (to.longitude - from.longitude) * metres_per_degree * shrinkage(from.latitude)};
}

[[nodiscard]] inline Place moved(const Place& from, const Offset& by) {
    return {.latitude = from.latitude + by.north_m / metres_per_degree,
            .longitude = from.longitude + by.east_m / (metres_per_degree * shrinkage(from.latitude))};
}

}  // namespace twinfleet::simulator
