#include "apps/driver_protocol/parts/login_parts.hpp"
#include "apps/driver_protocol/parts/newcomer_parts.hpp"
#include "apps/driver_protocol/parts/position_parts.hpp"
#include "apps/driver_protocol/parts/revocation_parts.hpp"
#include "apps/driver_protocol/parts/routes.hpp"
#include "apps/driver_protocol/parts/session_parts.hpp"
#include "apps/driver_protocol/settings.hpp"
#include "capabilities/driver_cache/driver_caches_mongo.hpp"
#include "embedded/openapi_yaml.hpp"
#include "platform/service/run.hpp"
#include "platform/service/store_time.hpp"
#include "platform/service/stores/mongo/mongo_store.hpp"
#include "platform/service/stores/mongo/mongo_time.hpp"
#include "platform/service/stores/redis/redis_store.hpp"
#include "platform/service/stores/redis/redis_time.hpp"

namespace {

using namespace twinfleet;
using namespace twinfleet::driver_protocol_app;

process::ExitCode start(service::Host& host, const Settings& settings) {
    // Neither connects before it is asked for something.
    const redis::Pool redis(settings.redis);
    const redis::Pool login_redis(settings.login_redis());
    const mongo::Pool mongo(settings.mongo);
    // Without MongoDB the service goes on with its caches, until these are stale.
    if (const auto end = host.open({service::redis_store(redis, settings.redis),
                                    service::not_asked_when_ready(service::mongo_store(mongo, settings.mongo)),
                                    login_redis_store(login_redis, settings.login_redis())})) {
        return *end;
    }

    const service::StoreTime time(host, {service::redis_time(redis), service::mongo_time(mongo)}, settings.clock);
    const driver_apps::DriverApps apps(settings.families);
    const driver_login::LoginSecrets secrets = make_login_secrets(settings.login.code_key, host.log());
    RevocationParts revocation(settings.sessions, secrets, redis, host);
    driver_cache::DriverCaches caches(settings.cache, mongo, host.clock(), host.log(), host.metrics());
    caches.watch(revocation.stops);
    caches.start(host.stop());
    NewcomerParts newcomer_parts(settings.newcomers, settings.redis, redis, caches, host);
    SessionParts sessions(settings.sessions, revocation, redis, apps, caches, newcomer_parts.newcomers, host);
    const LoginParts login(settings.login, secrets, login_redis, apps, caches, newcomer_parts.newcomers,
                           sessions.sessions, host);
    PositionParts positions(settings.positions, redis, apps, caches, sessions, host);
    return host.serve(
        {.routes = routes_of(login, sessions, positions, caches),
         .openapi = embedded::openapi_yaml,
         .questions = {{"caches", [&caches] { return caches.problem(); }}, {"revocations", revocation.question()}}});
}

}  // namespace

int main(int argument_count, char** arguments) {
    return service::run(
        {.name = "driver-protocol", .purpose = "What the apps of drivers speak.", .version = TWINFLEET_VERSION},
        settings_layers(), start, argument_count, arguments);
}
