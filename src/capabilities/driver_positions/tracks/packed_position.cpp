#include "capabilities/driver_positions/tracks/packed_position.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

namespace twinfleet::driver_positions {
namespace {

constexpr unsigned version = 0x10;
constexpr unsigned version_mask = 0xf0;
enum Flag : unsigned { has_speed = 1, has_direction = 2, has_accuracy = 4, all_flags = 7 };

constexpr double units_per_degree = 1e7;
constexpr double units_per_metre = 100;
constexpr double units_per_direction_degree = 100;

template <typename Integer>
Integer units(double value, double per_unit) {
    const double scaled = std::round(value * per_unit);
    return static_cast<Integer>(std::clamp(scaled, static_cast<double>(std::numeric_limits<Integer>::min()),
                                           static_cast<double>(std::numeric_limits<Integer>::max())));
}

template <typename Integer>
void append(std::string& bytes, Integer value) {
    auto rest = static_cast<std::make_unsigned_t<Integer>>(value);
    for (std::size_t i = 0; i < sizeof(Integer); ++i) {
        bytes += static_cast<char>(rest & 0xffU);
        rest = static_cast<decltype(rest)>(rest >> 8U);
    }
}

/// Takes an integer off the text; the text must be long enough.
template <typename Integer>
Integer take(std::string_view& bytes) {
    std::make_unsigned_t<Integer> value = 0;
    for (std::size_t i = sizeof(Integer); i-- > 0;) {
        value = static_cast<decltype(value)>((value << 8U) | static_cast<unsigned char>(bytes[i]));
    }
    bytes.remove_prefix(sizeof(Integer));
    return static_cast<Integer>(value);
}

std::size_t size_of(unsigned flags) {
    return 9 + ((flags & has_speed) != 0 ? 2U : 0U) + ((flags & has_direction) != 0 ? 2U : 0U) +
           ((flags & has_accuracy) != 0 ? 4U : 0U);
}

}  // namespace

std::string pack(const Position& position) {
    const unsigned flags = (position.speed_mps ? has_speed : 0U) | (position.direction_deg ? has_direction : 0U) |
                           (position.accuracy_m ? has_accuracy : 0U);
    std::string bytes;
    bytes.reserve(size_of(flags));
    append(bytes, static_cast<std::uint8_t>(version | flags));
    append(bytes, units<std::int32_t>(position.point.lat, units_per_degree));
    append(bytes, units<std::int32_t>(position.point.lon, units_per_degree));
    if (position.speed_mps) {
        append(bytes, units<std::uint16_t>(*position.speed_mps, units_per_metre));
    }
    if (position.direction_deg) {
        append(bytes, units<std::uint16_t>(*position.direction_deg, units_per_direction_degree));
    }
    if (position.accuracy_m) {
        append(bytes, units<std::uint32_t>(*position.accuracy_m, units_per_metre));
    }
    return bytes;
}

std::optional<Position> unpack(std::string_view bytes, std::int64_t timestamp_ms) {
    const unsigned head = bytes.empty() ? 0U : static_cast<unsigned char>(bytes.front());
    const unsigned flags = head & ~version_mask;
    if ((head & version_mask) != version || flags > all_flags || bytes.size() != size_of(flags)) {
        return std::nullopt;
    }
    bytes.remove_prefix(1);
    Position position{.timestamp_ms = timestamp_ms};
    position.point.lat = take<std::int32_t>(bytes) / units_per_degree;
    position.point.lon = take<std::int32_t>(bytes) / units_per_degree;
    if ((flags & has_speed) != 0) {
        position.speed_mps = take<std::uint16_t>(bytes) / units_per_metre;
    }
    if ((flags & has_direction) != 0) {
        position.direction_deg = take<std::uint16_t>(bytes) / units_per_direction_degree;
    }
    if ((flags & has_accuracy) != 0) {
        position.accuracy_m = take<std::uint32_t>(bytes) / units_per_metre;
    }
    return position;
}

Position rounded(const Position& position) {
    return unpack(pack(position), position.timestamp_ms).value();
}

}  // namespace twinfleet::driver_positions
