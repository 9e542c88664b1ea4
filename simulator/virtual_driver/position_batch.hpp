#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "platform/clock/clock.hpp"
#include "simulator/random.hpp"
#include "simulator/tracks/track.hpp"

namespace twinfleet::simulator {

/// Where a driver was at a moment.
struct TrackPoint {
    platform::Time time;
    Place place;
};

/// A position that is rejected: its place in the request, from 0 on, and the reason.
struct Rejection {
    std::size_t index;
    std::string code;
    bool operator==(const Rejection&) const = default;
};

/// A request with positions, and what the service is to do with it (contract, section 4, "driver-protocol").
struct PositionBatch {
    /// The body of the request, JSON.
    std::string body;
    /// How many positions are in the request, and how many of them are to be accepted.
    std::size_t positions = 0;
    std::size_t accepted = 0;
    /// The positions that are to be rejected, in the order of the request.
    std::vector<Rejection> rejections;
    /// The positions that are to be in the track afterwards, in the order of time.
    std::vector<TrackPoint> stored;
};

/// What a batch is to look like. Times are simulated.
struct BatchPlan {
    /// The time of the first position.
    platform::Time first;
    std::chrono::milliseconds interval;
    /// How many good positions it has, each with a time of its own.
    std::size_t count;
    /// Whether the positions are out of the order of time, and one of them comes twice.
    bool is_shuffled = false;
    /// Whether there is one more position, which is wrong in one of the ways that the contract names.
    bool has_bad_position = false;
};
/// How many positions a batch may have beyond BatchPlan::count.
inline constexpr std::size_t extra_positions_max = 2;

/// Makes a batch of positions of `track`, which the car began to drive at `track_start`. `wall` is the real time, to
/// which the service compares timestamps.
[[nodiscard]] PositionBatch make_batch(const BatchPlan& plan, Track& track, platform::Time track_start,
                                       platform::Time wall, Random& random);

}  // namespace twinfleet::simulator
