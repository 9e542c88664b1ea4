#include "apps/driver_protocol/parts/session_parts.hpp"

namespace twinfleet::driver_protocol_app {

SessionParts::SessionParts(const driver_sessions::SessionSettings& settings, RevocationParts& revocation,
                           const redis::Pool& redis, const driver_apps::DriverApps& apps,
                           const driver_cache::FleetDirectory& directory, driver_cache::Newcomers& newcomers,
                           service::Host& host)
    : sessions({.pool = redis,
                .directory = directory,
                .revocations = revocation.revocations,
                .clock = host.clock(),
                .registry = host.metrics()},
               revocation.phone_digest, settings),
      statuses(redis, settings.idle_lifetime),
      api{.apps = apps, .sessions = sessions, .statuses = statuses, .directory = directory, .newcomers = newcomers} {}

}  // namespace twinfleet::driver_protocol_app
