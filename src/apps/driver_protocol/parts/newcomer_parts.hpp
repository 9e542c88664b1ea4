#pragma once

#include "capabilities/driver_cache/driver_caches_mongo.hpp"
#include "capabilities/driver_cache/newcomers/newcomer_reader.hpp"
#include "capabilities/driver_cache/newcomers/newcomers_redis.hpp"
#include "platform/redis/client.hpp"
#include "platform/redis/subscriber.hpp"
#include "platform/service/host.hpp"

namespace twinfleet::driver_protocol_app {

/// New drivers, who get into the caches of all replicas without waiting for a pass.
struct NewcomerParts {
    struct Settings {
        driver_cache::NewcomerSettings reader;
        redis::SubscriberSettings news;
    };

    /// Everything but `settings` and `server` outlives this, and this outlives the API.
    NewcomerParts(const Settings& settings, const redis::Settings& server, const redis::Pool& redis,
                  driver_cache::DriverCaches& caches, service::Host& host);
    NewcomerParts(const NewcomerParts&) = delete;
    NewcomerParts& operator=(const NewcomerParts&) = delete;

    // In order of dependency.
    driver_cache::NewcomerReader reader;
    driver_cache::RedisNewcomers newcomers;
};

}  // namespace twinfleet::driver_protocol_app
