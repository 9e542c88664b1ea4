#include "platform/service/stores/redis/redis_store.hpp"

#include <chrono>

#include "platform/redis/uri.hpp"
#include "platform/tls/ca_file.hpp"
#include "platform/tls/context.hpp"

namespace twinfleet::service {
void read_redis(Section section, redis::Settings& settings) {
    section.read_secret("uri", settings.uri);
    section.read_secret("sentinel_password", settings.sentinel_password);
    section.read("ca_file", settings.tls.ca_file);
    section.read("certificate_file", settings.tls.certificate_file);
    section.read("key_file", settings.tls.key_file);
    section.read("connections_max", settings.connections_max, {.min = 1, .max = 1'000});
    section.read("connect_timeout_ms", settings.connect_timeout, any_timeout);
    section.read("command_timeout_ms", settings.command_timeout, any_timeout);
    section.read("connection_wait_timeout_ms", settings.connection_wait_timeout, any_timeout);
    section.read("replica_wait_count", settings.replica_wait_count, {.min = 0, .max = 10});
    section.read("replica_wait_timeout_ms", settings.replica_wait_timeout,
                 {.min = std::chrono::milliseconds(1), .max = std::chrono::seconds(10)});
    section.check("uri", [&] { static_cast<void>(redis::parse_uri(settings.uri)); });
    section.check("ca_file", [&] {
        if (!settings.tls.ca_file.empty()) {
            tls::check_ca_file(settings.tls.ca_file);
        }
    });
    section.check("certificate_file", [&] {
        if (!settings.tls.certificate_file.empty() || !settings.tls.key_file.empty()) {
            const tls::Context context(
                {.certificate_file = settings.tls.certificate_file, .key_file = settings.tls.key_file});
        }
    });
}

Store redis_store(const redis::Pool& pool, const redis::Settings& settings) {
    return {.name = "redis",
            .ping = [&pool] { pool.ping(); },
            .usage = [&pool] { return metrics::usage_of(pool); },
            .questions =
                [probed = redis::probe_settings(settings, http::probe_limit)](std::string_view) {
                    return std::vector{ping_question("redis", std::make_shared<const redis::Pool>(probed))};
                },
            .may_send_password_in_plain = redis::may_send_password_in_plain(settings)};
}

}  // namespace twinfleet::service
