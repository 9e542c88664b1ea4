#include "apps/driver_protocol/parts/newcomer_parts.hpp"

#include <span>
#include <string>

namespace twinfleet::driver_protocol_app {

NewcomerParts::NewcomerParts(const Settings& settings, const redis::Settings& server, const redis::Pool& redis,
                             driver_cache::DriverCaches& caches, service::Host& host)
    : reader(
          settings.reader, [&caches](std::span<const std::string> driver_ids) { caches.read_now(driver_ids); },
          host.clock(), host.metrics(), host.log()),
      newcomers(redis, server, settings.news, reader, host.metrics(), host.log()) {}

}  // namespace twinfleet::driver_protocol_app
