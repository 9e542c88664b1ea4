#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "platform/clock/clock.hpp"
#include "simulator/random.hpp"
#include "simulator/tracks/track.hpp"

namespace twinfleet::simulator {

struct TrackPoint {
    platform::Time time;
    Place place;
};

/// Of a position by its place in the request.
struct Rejection {
    std::size_t index;
    std::string code;
    bool operator==(const Rejection&) const = default;
};

/// A request of positions and what is to become of it (contract, section 4, driver-protocol).
struct PositionBatch {
    /// The request.
    std::string body;
    std::size_t positions = 0;
    std::size_t accepted = 0;
    /// By index.
    std::vector<Rejection> rejections;
    /// What is in the track afterwards, by time.
    std::vector<TrackPoint> stored;
};

struct BatchPlan {
    platform::Time first;
    std::chrono::milliseconds interval;
    /// Good ones, each with a time of its own.
    std::size_t count;
    /// Out of the order of time, and one of them twice.
    bool is_shuffled = false;
    /// One more, wrong in one of the ways that the contract names.
    bool has_bad_position = false;
};
inline constexpr std::size_t extra_positions_max = 2;

/// Positions of `track`, which begins at `track_start`. `wall` is the real time.
[[nodiscard]] PositionBatch make_batch(const BatchPlan& plan, Track& track, platform::Time track_start,
                                       platform::Time wall, Random& random);

}  // namespace twinfleet::simulator
