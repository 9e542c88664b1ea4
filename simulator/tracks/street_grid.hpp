#pragma once

#include <memory>

#include "simulator/random.hpp"
#include "simulator/tracks/track.hpp"

namespace twinfleet::simulator {

/// An invented city: straight streets to the north and to the east, all at the same distance, with a crossing wherever
/// two of them meet. Shares are from 0 to 1.
struct StreetGrid {
    Place centre{.latitude = 41.8781, .longitude = -87.6298};
    double block_m = 120;
    /// How many blocks it is from the centre to each edge of the city.
    int blocks_to_edge = 40;
    double speed_max_mps = 16;
    double acceleration_mps2 = 1.6;
    double deceleration_mps2 = 2.4;
    /// A car that turns is no faster than this at the crossing.
    double turning_speed_mps = 4;
    /// The share of crossings at which a car turns.
    double turn_share = 0.35;
    /// The share of crossings at which a car has to stop, and for how long. Now and then it stops for a passenger.
    double stop_share = 0.25;
    double stop_s_min = 4;
    double stop_s_max = 35;
    double passenger_share = 0.02;
    double passenger_s_max = 180;
};

/// The track of a car that wanders through the city along its streets.
[[nodiscard]] std::unique_ptr<Track> wander(const StreetGrid& grid, Random random);

}  // namespace twinfleet::simulator
