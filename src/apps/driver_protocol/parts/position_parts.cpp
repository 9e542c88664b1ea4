#include "apps/driver_protocol/parts/position_parts.hpp"

#include <string>
#include <vector>

namespace twinfleet::driver_protocol_app {
namespace {

std::vector<std::string> family_names(const driver_apps::DriverApps& apps) {
    std::vector<std::string> names;
    for (const driver_apps::DriverApp& app : apps.all()) {
        names.push_back(app.family);
    }
    return names;
}

}  // namespace

PositionParts::PositionParts(const driver_positions::PositionSettings& settings, const redis::Pool& redis,
                             const driver_apps::DriverApps& apps, const driver_cache::FleetDirectory& directory,
                             SessionParts& sessions, service::Host& host)
    : store(redis, settings),
      metrics(host.metrics()),
      sweep(store, family_names(apps), settings, host.clock(), host.metrics()),
      sweeper(sweep, settings.sweep_interval, host.log()),
      nearby(store, sessions.statuses, directory, settings),
      api{.apps = apps,
          .sessions = sessions.sessions,
          .store = store,
          .metrics = metrics,
          .clock = host.clock(),
          .log = host.log(),
          .settings = settings},
      intake(api, host.metrics()),
      nearby_api{.apps = apps, .drivers = nearby, .clock = host.clock(), .settings = settings},
      erasure_api{.apps = apps,
                  .sessions = sessions.sessions,
                  .statuses = sessions.statuses,
                  .store = store,
                  .directory = directory,
                  .log = host.log()} {}

}  // namespace twinfleet::driver_protocol_app
