#pragma once

#include "apps/driver_protocol/parts/session_parts.hpp"
#include "capabilities/driver_apps/driver_apps.hpp"
#include "capabilities/driver_cache/fleet_directory.hpp"
#include "capabilities/driver_positions/api/erasure_http.hpp"
#include "capabilities/driver_positions/api/nearby_http.hpp"
#include "capabilities/driver_positions/api/positions_http.hpp"
#include "capabilities/driver_positions/nearby/nearby.hpp"
#include "capabilities/driver_positions/store/position_store_redis.hpp"
#include "capabilities/driver_positions/sweeping/sweeper.hpp"
#include "platform/redis/client.hpp"
#include "platform/service/host.hpp"

namespace twinfleet::driver_protocol_app {

/// Where drivers are and were: batches of positions, tracks, who is near, and the thread that sweeps away what is old.
struct PositionParts {
    /// Everything but `settings` outlives this, and this outlives the API and the last text of the host's metrics.
    PositionParts(const driver_positions::PositionSettings& settings, const redis::Pool& redis,
                  const driver_apps::DriverApps& apps, const driver_cache::FleetDirectory& directory,
                  SessionParts& sessions, service::Host& host);
    PositionParts(const PositionParts&) = delete;
    PositionParts& operator=(const PositionParts&) = delete;

    // In order of dependency.
    driver_positions::RedisPositionStore store;
    driver_positions::PositionMetrics metrics;
    driver_positions::Sweep sweep;
    const driver_positions::Sweeper sweeper;
    driver_positions::NearbyDrivers nearby;
    /// For batches and tracks.
    const driver_positions::PositionsApi api;
    driver_positions::PositionIntake intake;
    const driver_positions::NearbyApi nearby_api;
    const driver_positions::ErasureApi erasure_api;
};

}  // namespace twinfleet::driver_protocol_app
