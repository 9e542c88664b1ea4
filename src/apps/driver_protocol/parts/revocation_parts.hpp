#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "capabilities/driver_login/secrets/login_secrets.hpp"
#include "capabilities/driver_sessions/revocation/revocations_redis.hpp"
#include "capabilities/driver_sessions/revocation/stops.hpp"
#include "capabilities/driver_sessions/revocation/subjects.hpp"
#include "capabilities/driver_sessions/sessions.hpp"
#include "platform/redis/client.hpp"
#include "platform/service/host.hpp"

namespace twinfleet::driver_protocol_app {

/// The record of what has ended, and what is written to it because of changes in the fleet. Comes before the caches,
/// which tell `stops` of changes.
struct RevocationParts {
    /// Everything but `settings` outlives this, and this outlives the caches and the API.
    RevocationParts(const driver_sessions::SessionSettings& settings, const driver_login::LoginSecrets& secrets,
                    const redis::Pool& redis, service::Host& host)
        : revocations(redis, settings.absolute_lifetime, host.metrics()),
          writer(revocations, host.log()),
          phone_digest([&secrets](std::string_view phone) { return secrets.session_phone_digest(phone); }),
          stops(revocations, phone_digest) {}
    RevocationParts(const RevocationParts&) = delete;
    RevocationParts& operator=(const RevocationParts&) = delete;

    /// Whether the record can be read, without which nobody is let in: in a cluster it is one slot's.
    [[nodiscard]] std::function<std::string()> question() {
        return [this] {
            revocations.ping();
            return std::string();
        };
    }

    // In order of dependency.
    driver_sessions::RedisRevocations revocations;
    const driver_sessions::NoteWriter writer;
    const driver_sessions::PhoneDigest phone_digest;
    driver_sessions::Stops stops;
};

}  // namespace twinfleet::driver_protocol_app
