#include "platform/service_settings/redis/redis_section.hpp"

#include <chrono>

namespace twinfleet::service_settings {

using std::chrono::milliseconds;
using std::chrono::seconds;

void read_redis(Section section, redis::Settings& settings) {
    constexpr config::Range<milliseconds> timeout{.min = milliseconds(1), .max = seconds(600)};
    section.read_secret("uri", settings.uri);
    section.read("connections_max", settings.connections_max, {.min = 1, .max = 1'000});
    section.read("connect_timeout_ms", settings.connect_timeout, timeout);
    section.read("command_timeout_ms", settings.command_timeout, timeout);
    section.read("connection_wait_timeout_ms", settings.connection_wait_timeout, timeout);
    // Does not connect.
    section.check("uri", [&] { const redis::Pool pool(settings); });
}

}  // namespace twinfleet::service_settings
