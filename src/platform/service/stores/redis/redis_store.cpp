#include "platform/service/stores/redis/redis_store.hpp"

namespace twinfleet::service {

void read_redis(Section section, redis::Settings& settings) {
    section.read_secret("uri", settings.uri);
    section.read("connections_max", settings.connections_max, {.min = 1, .max = 1'000});
    section.read("connect_timeout_ms", settings.connect_timeout, any_timeout);
    section.read("command_timeout_ms", settings.command_timeout, any_timeout);
    section.read("connection_wait_timeout_ms", settings.connection_wait_timeout, any_timeout);
    // Does not connect.
    section.check("uri", [&] { const redis::Pool pool(settings); });
}

Store redis_store(const redis::Pool& pool, const redis::Settings& settings) {
    return {.name = "redis",
            .ping = [&pool] { pool.ping(); },
            .usage = [&pool] { return metrics::usage_of(pool); },
            .questions =
                [probed = redis::probe_settings(settings, http::probe_limit)](std::string_view) {
                    return std::vector{ping_question("redis", std::make_shared<const redis::Pool>(probed))};
                }};
}

}  // namespace twinfleet::service
