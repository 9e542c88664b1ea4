#pragma once

#include "apps/driver_protocol/parts/revocation_parts.hpp"
#include "capabilities/driver_apps/driver_apps.hpp"
#include "capabilities/driver_cache/fleet_directory.hpp"
#include "capabilities/driver_cache/newcomers/newcomers.hpp"
#include "capabilities/driver_sessions/api/driver_http.hpp"
#include "capabilities/driver_sessions/sessions_redis.hpp"
#include "capabilities/driver_sessions/statuses_redis.hpp"
#include "platform/redis/client.hpp"
#include "platform/service/host.hpp"

namespace twinfleet::driver_protocol_app {

/// Who is logged in, and his status.
struct SessionParts {
    /// Everything but `settings` outlives this, and this outlives the API.
    SessionParts(const driver_sessions::SessionSettings& settings, RevocationParts& revocation,
                 const redis::Pool& redis, const driver_apps::DriverApps& apps,
                 const driver_cache::FleetDirectory& directory, driver_cache::Newcomers& newcomers,
                 service::Host& host);
    SessionParts(const SessionParts&) = delete;
    SessionParts& operator=(const SessionParts&) = delete;

    // In order of dependency.
    driver_sessions::RedisSessions sessions;
    driver_sessions::RedisStatuses statuses;
    const driver_sessions::DriverApi api;
};

}  // namespace twinfleet::driver_protocol_app
