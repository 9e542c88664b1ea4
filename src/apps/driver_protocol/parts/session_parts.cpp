#include "apps/driver_protocol/parts/session_parts.hpp"

namespace twinfleet::driver_protocol_app {

SessionParts::SessionParts(const driver_sessions::SessionSettings& settings, const redis::Pool& redis,
                           const driver_apps::DriverApps& apps, const driver_cache::FleetDirectory& directory,
                           driver_cache::Newcomers& newcomers, service::Host& host)
    : sessions(redis, directory, host.clock(), host.metrics(), settings),
      statuses(redis, settings.idle_lifetime),
      api{.apps = apps, .sessions = sessions, .statuses = statuses, .directory = directory, .newcomers = newcomers} {}

}  // namespace twinfleet::driver_protocol_app
