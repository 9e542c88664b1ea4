#include <memory>
#include <string>
#include <vector>

#include "apps/driver_protocol/settings.hpp"
#include "capabilities/driver_cache/api/cache_http.hpp"
#include "capabilities/driver_cache/api/retrieve_http.hpp"
#include "capabilities/driver_cache/driver_caches_mongo.hpp"
#include "capabilities/driver_login/api/login_http.hpp"
#include "capabilities/driver_login/children/child_drivers_http.hpp"
#include "capabilities/driver_login/parks/offered_parks.hpp"
#include "capabilities/driver_login/store/login_store_redis.hpp"
#include "capabilities/driver_login/text_messages/text_messages_outbox.hpp"
#include "capabilities/driver_positions/api/nearby_http.hpp"
#include "capabilities/driver_positions/api/positions_http.hpp"
#include "capabilities/driver_positions/api/track_http.hpp"
#include "capabilities/driver_positions/store/position_store_redis.hpp"
#include "capabilities/driver_positions/sweeping/sweeper.hpp"
#include "capabilities/driver_sessions/api/driver_http.hpp"
#include "capabilities/driver_sessions/sessions_redis.hpp"
#include "capabilities/driver_sessions/statuses_redis.hpp"
#include "embedded/openapi_yaml.hpp"
#include "platform/service/run.hpp"
#include "platform/service/stores/mongo/mongo_store.hpp"
#include "platform/service/stores/redis/redis_store.hpp"

namespace {

using namespace twinfleet;
using driver_protocol_app::Settings;

driver_login::LoginSecrets login_secrets(const Settings& settings, log::Logger& log) {
    if (settings.login_code_key.empty()) {
        log.warning(
            "no login.code_key is set: logins under way end with this process, and no other replica knows them");
        return driver_login::LoginSecrets::of_this_process();
    }
    return driver_login::LoginSecrets(settings.login_code_key);
}

/// The outbox, or else the gateway.
std::unique_ptr<driver_login::TextMessages> make_text_messages(const Settings::TextMessages& settings,
                                                               service::Host& host) {
    if (!settings.outbox_file.empty()) {
        host.log().warning("text messages go to a file, and to nobody's phone", {{"file", settings.outbox_file}});
        return std::make_unique<driver_login::OutboxTextMessages>(settings.outbox_file, host.clock(), host.log());
    }
    return std::make_unique<driver_login::HttpTextMessages>(settings.gateway, host.clock(), host.metrics(), host.log());
}

std::vector<std::string> family_names(const driver_apps::DriverApps& apps) {
    std::vector<std::string> names;
    for (const driver_apps::DriverApp& app : apps.all()) {
        names.push_back(app.family);
    }
    return names;
}

/// Why the caches are of no use yet, or no longer; empty when they are.
std::string problem_of(const driver_cache::DriverCaches& caches) {
    if (!caches.is_filled()) {
        return "drivers, cars and parks are being read";
    }
    return caches.is_stale() ? "drivers, cars or parks have not been read for longer than cache.expiry_s" : "";
}

process::ExitCode start(service::Host& host, const Settings& settings) {
    const platform::Clock& clock = host.clock();
    metrics::Registry& registry = host.metrics();
    log::Logger& log = host.log();

    // Neither connects before it is asked for something.
    const redis::Pool redis(settings.redis);
    const mongo::Pool mongo(settings.mongo);
    // Without MongoDB the service goes on with its caches, until these are stale.
    if (const auto end = host.open({service::redis_store(redis, settings.redis),
                                    service::not_asked_when_ready(service::mongo_store(mongo, settings.mongo))})) {
        return *end;
    }

    const driver_apps::DriverApps apps(settings.families);
    driver_cache::DriverCaches caches(settings.cache, mongo, clock, log, registry);
    caches.start(host.stop());

    driver_sessions::RedisSessions sessions(redis, caches, clock, registry, settings.sessions);
    driver_sessions::RedisStatuses statuses(redis, settings.sessions.idle_lifetime);

    const auto text_messages = make_text_messages(settings.text_messages, host);
    driver_login::MessageQueue message_queue(
        settings.text_messages.queue, *text_messages,
        [&caches](std::string_view phone) { return driver_login::is_known_phone(caches, phone); }, registry, log);
    driver_login::RedisLoginStore login_store(redis, settings.login.limits);
    driver_login::HttpChildDrivers child_drivers({.client = settings.synchronizer}, clock, log);
    driver_login::Login login(settings.login, login_secrets(settings, log),
                              {.store = login_store,
                               .directory = caches,
                               .children = child_drivers,
                               .sessions = sessions,
                               .messages = message_queue,
                               .clock = clock,
                               .registry = registry,
                               .log = log});
    const http::TrustedProxies trusted_proxies(settings.trusted_proxies);

    driver_positions::RedisPositionStore position_store(redis, settings.positions);
    platform::WorkQueue position_queue(settings.positions.batch_queue);
    driver_positions::PositionMetrics position_metrics(registry, position_queue);
    driver_positions::Sweep sweep(position_store, family_names(apps), settings.positions, clock, registry);
    const driver_positions::Sweeper sweeper(sweep, settings.positions.sweep_interval, log);
    driver_positions::NearbyDrivers nearby(position_store, statuses, caches, settings.positions);

    platform::WorkQueue park_queue(settings.park_queue);
    const driver_login::LoginApi login_api{
        .apps = apps, .login = login, .trusted_proxies = trusted_proxies, .park_queue = park_queue, .log = log};
    const driver_sessions::DriverApi driver_api{
        .apps = apps, .sessions = sessions, .statuses = statuses, .directory = caches};
    const driver_positions::PositionsApi positions_api{.apps = apps,
                                                       .sessions = sessions,
                                                       .store = position_store,
                                                       .queue = position_queue,
                                                       .metrics = position_metrics,
                                                       .clock = clock,
                                                       .log = log,
                                                       .settings = settings.positions};
    const driver_positions::NearbyApi nearby_api{
        .apps = apps, .drivers = nearby, .clock = clock, .settings = settings.positions};

    return host.serve(
        {.routes = {driver_login::login_routes(login_api), driver_sessions::driver_routes(driver_api),
                    driver_positions::position_routes(positions_api), driver_positions::track_routes(positions_api),
                    driver_positions::nearby_routes(nearby_api), driver_cache::retrieve_routes(caches),
                    driver_cache::cache_routes([&caches] { return caches.status(); })},
         .openapi = embedded::openapi_yaml,
         .questions = {{"caches", [&caches] { return problem_of(caches); }}}});
}

}  // namespace

int main(int argument_count, char** arguments) {
    return service::run(
        {.name = "driver-protocol", .purpose = "What the apps of drivers speak.", .version = TWINFLEET_VERSION},
        driver_protocol_app::settings_layers(), start, argument_count, arguments);
}
