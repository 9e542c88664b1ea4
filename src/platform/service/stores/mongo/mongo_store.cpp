#include "platform/service/stores/mongo/mongo_store.hpp"

namespace twinfleet::service {

void read_mongo(Section section, mongo::Settings& settings) {
    section.read_secret("uri", settings.uri);
    section.read("connections_max", settings.connections_max, {.min = 1, .max = 1'000});
    section.read("server_selection_timeout_ms", settings.server_selection_timeout, any_timeout);
    section.read("connect_timeout_ms", settings.connect_timeout, any_timeout);
    section.read("socket_timeout_ms", settings.socket_timeout, any_timeout);
    section.read("connection_wait_timeout_ms", settings.connection_wait_timeout, any_timeout);
    // Does not connect.
    section.check("uri", [&] { const mongo::Pool pool(settings); });
}

Store mongo_store(const mongo::Pool& pool, const mongo::Settings& settings,
                  std::function<void(const Say& print, const Say& say)> migrate) {
    return {
        .name = "mongodb",
        .ping = [&pool] { pool.ping(); },
        .usage = [&pool] { return metrics::usage_of(pool); },
        .questions =
            [probed = mongo::probe_settings(settings, http::probe_limit)](std::string_view) {
                return std::vector<http::Question>{{"mongodb", [pool = std::make_shared<const mongo::Pool>(probed)] {
                                                        pool->ping_primary();
                                                        return std::string();
                                                    }}};
            },
        .migrate = std::move(migrate),
        .may_send_password_in_plain = mongo::may_send_password_in_plain(settings)};
}

}  // namespace twinfleet::service
