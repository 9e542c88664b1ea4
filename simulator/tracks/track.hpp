#pragma once

#include <chrono>
#include <cmath>
#include <cstdint>
#include <functional>
#include <memory>
#include <numbers>

namespace twinfleet::simulator {

/// Degrees WGS 84.
struct Place {
    double latitude = 0;
    double longitude = 0;
};

struct Fix {
    Place place;
    double speed_mps = 0;
    /// Clockwise from north, 0 up to 360.
    double direction_degrees = 0;
};

/// Where a car drives. It never ends.
class Track {
public:
    Track() = default;
    Track(const Track&) = delete;
    Track& operator=(const Track&) = delete;
    virtual ~Track() = default;

    /// To be asked in the order of time.
    [[nodiscard]] virtual Fix at(std::chrono::milliseconds since_start) = 0;
};

/// Makes the track of that number; another number, another track.
using TrackSource = std::function<std::unique_ptr<Track>(std::uint64_t number)>;

// On the scale of a city the earth is flat: the errors are below one in a thousand.

/// A degree of latitude.
inline constexpr double metres_per_degree = 111'195;

struct Offset {
    double north_m = 0;
    double east_m = 0;

    [[nodiscard]] double length_m() const { return std::hypot(north_m, east_m); }
    [[nodiscard]] double direction_degrees() const {
        const double degrees = std::atan2(east_m, north_m) * 180 / std::numbers::pi;
        return degrees < 0 ? degrees + 360 : degrees;
    }
};

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
