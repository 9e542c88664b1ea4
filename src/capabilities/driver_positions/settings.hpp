#pragma once

#include <chrono>
#include <cstddef>

#include "platform/concurrency/work_queue.hpp"

namespace twinfleet::driver_positions {

/// All replicas must have the same `track_retention`, `latest_age_max` and `shards`.
struct PositionSettings {
    // Batches (contract, `POST /v1/driver/positions`).
    std::size_t batch_positions_max = 100;
    std::chrono::seconds position_age_max = std::chrono::hours(24);
    /// Clocks of phones are wrong.
    std::chrono::seconds position_ahead_max{60};
    double speed_mps_max = 100;
    /// What batches are worked at on. When it is full they get 429, so that neither memory nor the other endpoints
    /// suffer.
    platform::WorkQueue::Settings batch_queue{.threads = 4, .waiting_max = 512};
    /// What a 429 says in Retry-After. Apps keep their positions and send them later.
    std::chrono::seconds retry_after{2};

    // Tracks (`GET /v1/driver/track`).
    /// What is older is not shown, and goes from the store. At least position_age_max, else what was accepted is lost.
    std::chrono::seconds track_retention = std::chrono::days(3);
    /// How much one driver may add to the track of one app: so many positions at once, after days without a network,
    /// and so many a second for ever. A track then has at most the first and track_retention times the second.
    std::size_t track_burst_positions = 100'000;
    double track_positions_per_s = 2;
    std::size_t track_limit_default = 100;
    std::size_t track_limit_max = 1'000;

    // Latest positions (`POST /v1/internal/drivers/nearby`).
    std::chrono::seconds latest_age_max{120};
    /// Of the latest positions of one family: in a Redis Cluster they may be on as many machines. After a change
    /// drivers are found again with their next position.
    std::size_t shards = 16;
    double nearby_radius_m_max = 50'000;
    std::size_t nearby_limit_default = 20;
    std::size_t nearby_limit_max = 200;
    /// So many of the nearest are looked at when few of them have the status that was asked for.
    std::size_t nearby_candidates_max = 2'000;
    /// How often latest positions that are too old are removed, and how many in one step.
    std::chrono::milliseconds sweep_interval{10'000};
    std::size_t sweep_step_positions = 500;
};

}  // namespace twinfleet::driver_positions
