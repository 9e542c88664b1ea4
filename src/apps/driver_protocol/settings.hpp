#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "apps/driver_protocol/parts/login_parts.hpp"
#include "apps/driver_protocol/parts/newcomer_parts.hpp"
#include "capabilities/driver_apps/driver_apps.hpp"
#include "capabilities/driver_cache/driver_caches_mongo.hpp"
#include "capabilities/driver_positions/settings.hpp"
#include "capabilities/driver_sessions/sessions.hpp"
#include "platform/mongo/client.hpp"
#include "platform/redis/client.hpp"
#include "platform/service/settings/clock_section.hpp"
#include "platform/service/settings/layers.hpp"

namespace twinfleet::driver_protocol_app {

/// The settings of driver-protocol: what config.yaml holds, where the meaning of each key is told.
struct Settings : service::CommonSettings {
    /// The caches know how old what a secondary answers is.
    mongo::Settings mongo{.may_read_from_secondaries = true};
    redis::Settings redis;
    /// Of the Redis of log-ins. Empty: `redis`.
    std::string login_redis_uri;
    std::size_t login_redis_connections_max = 32;
    service::ClockSettings clock;
    /// The apps that drivers use. Once the settings are read, driver_apps::DriverApps takes them.
    std::vector<driver_apps::DriverApp> families;
    LoginParts::Settings login;
    driver_sessions::SessionSettings sessions;
    driver_positions::PositionSettings positions;
    driver_cache::Settings cache;
    NewcomerParts::Settings newcomers;

    /// How the Redis of log-ins under way, and of what is counted of them, is reached: with the timeouts of `redis`.
    [[nodiscard]] redis::Settings login_redis() const;
};

/// How these settings are read from the file that ships, from a file of one's own and from the environment.
[[nodiscard]] const service::Layers<Settings>& settings_layers();

}  // namespace twinfleet::driver_protocol_app
