#pragma once

#include <chrono>
#include <cstddef>

#include "platform/concurrency/group_queue.hpp"

namespace twinfleet::driver_positions {

/// The limits of batches, tracks and searches. All replicas must have the same `track_retention`, `latest_age_max` and
/// `shards`, because they work on the same keys in Redis.
struct PositionSettings {
    // Batches (contract, `POST /v1/driver/positions`).
    std::size_t batch_positions_max = 100;
    std::chrono::seconds position_age_max = std::chrono::hours(24);
    /// How far ahead of the service's clock a timestamp may be, as the clocks of phones are not exact.
    std::chrono::seconds position_ahead_max{60};
    double speed_mps_max = 100;
    /// The threads that work on batches, and how many of those that wait one of them takes at a time: they share round
    /// trips to Redis. A batch that finds the queue full is answered with 429, so that neither memory nor the other
    /// endpoints suffer.
    platform::GroupQueueSettings batch_queue{.threads = 4, .waiting_max = 512, .group_max = 64};
    /// Sent in the `Retry-After` header of a 429 because the queue or the store is full. Apps keep their positions and
    /// send them later.
    std::chrono::seconds retry_after{2};

    // Tracks (`GET /v1/driver/track`).
    /// Older positions are not shown and go from the store. At least position_age_max; otherwise positions that were
    /// accepted would be lost.
    std::chrono::seconds track_retention = std::chrono::days(3);
    /// How much one driver may add to the track of one app: track_burst_positions at once, as after days without a
    /// network, and track_positions_per_s in the long run. A track therefore never holds more than
    /// track_burst_positions plus track_retention times track_positions_per_s.
    std::size_t track_burst_positions = 100'000;
    double track_positions_per_s = 2;
    /// Positions on a page of a track: when the request does not say, and at most.
    std::size_t track_limit_default = 100;
    std::size_t track_limit_max = 1'000;
    /// How many pages one driver may read of the track of one app, from each replica: at once, and in the long run.
    std::size_t track_burst_pages = 300;
    double track_pages_per_s = 5;

    // Latest positions (`POST /v1/internal/drivers/nearby`).
    /// A driver whose latest position is older than this is not found by a search.
    std::chrono::seconds latest_age_max{120};
    /// Into how many parts the latest positions of one family are divided; in a Redis Cluster the parts may be on as
    /// many machines. After a change of this figure a driver is found again as soon as he has sent his next position.
    std::size_t shards = 16;
    double nearby_radius_m_max = 50'000;
    std::size_t nearby_limit_default = 20;
    std::size_t nearby_limit_max = 200;
    /// At most so many of the nearest drivers are looked at when few of them have a status that was asked for.
    std::size_t nearby_candidates_max = 2'000;
    /// How often latest positions that are too old are removed, and how many in one step.
    std::chrono::milliseconds sweep_interval{10'000};
    std::size_t sweep_step_positions = 500;
};

}  // namespace twinfleet::driver_positions
