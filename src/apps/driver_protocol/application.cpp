#include "apps/driver_protocol/application.hpp"

#include <iostream>
#include <memory>

#include <unistd.h>

#include "apps/driver_protocol/settings.hpp"
#include "apps/driver_protocol/text_messages.hpp"
#include "capabilities/driver_cache/api/cache_http.hpp"
#include "capabilities/driver_cache/api/retrieve_http.hpp"
#include "capabilities/driver_cache/driver_caches_mongo.hpp"
#include "capabilities/driver_login/api/login_http.hpp"
#include "capabilities/driver_login/children/child_drivers_http.hpp"
#include "capabilities/driver_login/parks/offered_parks.hpp"
#include "capabilities/driver_login/store/login_store_redis.hpp"
#include "capabilities/driver_positions/api/nearby_http.hpp"
#include "capabilities/driver_positions/api/positions_http.hpp"
#include "capabilities/driver_positions/api/track_http.hpp"
#include "capabilities/driver_positions/store/position_store_redis.hpp"
#include "capabilities/driver_positions/sweeping/sweeper.hpp"
#include "capabilities/driver_sessions/api/driver_http.hpp"
#include "capabilities/driver_sessions/sessions_redis.hpp"
#include "capabilities/driver_sessions/statuses_redis.hpp"
#include "embedded/openapi_yaml.hpp"
#include "platform/http/bounded_checks.hpp"
#include "platform/metrics/pool_metrics.hpp"
#include "platform/metrics/process_metrics.hpp"
#include "platform/process/shutdown_deadline.hpp"
#include "platform/process/signals.hpp"
#include "platform/startup/serve_api.hpp"
#include "platform/startup/wait_for_stores.hpp"

namespace twinfleet::driver_protocol_app {
namespace {

using process::ExitCode;

ExitCode check_config(const std::filesystem::path& file, const config::Environment& environment) {
    const Settings settings = settings_layers().check(file, environment);
    service_settings::check_service_tokens(settings.api);
    std::cout << "ok\n";
    return ExitCode::done;
}

driver_login::LoginSecrets login_secrets(const Settings& settings, log::Logger& log) {
    if (settings.login_code_key.empty()) {
        log.warning(
            "no login.code_key is set: logins under way end with this process, and no other replica knows them");
        return driver_login::LoginSecrets::of_this_process();
    }
    return driver_login::LoginSecrets(settings.login_code_key);
}

std::vector<std::string> family_names(const driver_apps::DriverApps& apps) {
    std::vector<std::string> names;
    for (const driver_apps::DriverApp& app : apps.all()) {
        names.push_back(app.family);
    }
    return names;
}

/// What is wrong; empty: nothing.
std::string problem_of(const driver_cache::DriverCaches& caches) {
    if (!caches.is_filled()) {
        return "drivers, cars and parks are being read";
    }
    return caches.is_stale() ? "drivers, cars or parks have not been read for longer than cache.expiry_s" : "";
}

}  // namespace

const command_line::ServiceProgram& program() {
    static const command_line::ServiceProgram described{.name = "driver-protocol",
                                                        .purpose = "What the apps of drivers speak.",
                                                        .version = TWINFLEET_VERSION,
                                                        .has_schema = false};
    return described;
}

ExitCode execute(const command_line::ServiceCommandLine& command_line, const config::Environment& environment) {
    if (const auto* check = std::get_if<command_line::CheckConfig>(&command_line.command)) {
        return check_config(check->file, environment);
    }
    const process::StopSignals signals;
    const std::stop_token stop = signals.token();
    const auto say = [](std::string_view line) { std::cerr << line << std::endl; };

    const Settings settings = settings_layers().read(command_line.config, environment);
    if (const std::string problem = text_messages_problem(settings.text_messages); !problem.empty()) {
        say(problem);
        return ExitCode::wrong_usage;
    }
    const auto log = service_settings::make_logger(settings.log, program().name, isatty(STDERR_FILENO) == 1);
    // A hanging store must not hold up the end of anything below.
    const process::ShutdownDeadline shutdown_deadline(stop, process::shutdown_limit, *log);

    // Neither connects before it is asked for something.
    const mongo::Pool mongo(settings.mongo);
    const redis::Pool redis(settings.redis);

    const platform::SystemClock clock;
    platform::wait_for_stores({[&] { redis.ping(); }, [&] { mongo.ping(); }}, command_line.timeout, clock, say, stop);
    if (stop.stop_requested()) {
        return ExitCode::done;
    }

    metrics::Registry registry;
    metrics::add_process_metrics(registry);
    metrics::add_pool_metrics(registry, {metrics::watched("mongodb", mongo), metrics::watched("redis", redis)});

    const driver_apps::DriverApps apps(settings.families);
    driver_cache::DriverCaches caches(settings.cache, mongo, clock, *log, registry);
    caches.start(stop);

    driver_sessions::RedisSessions sessions(redis, caches, clock, registry, settings.sessions);
    driver_sessions::RedisStatuses statuses(redis, settings.sessions.idle_lifetime);

    const auto text_messages = make_text_messages(settings.text_messages, clock, registry, *log);
    driver_login::MessageQueue message_queue(
        settings.text_messages.queue, *text_messages,
        [&caches](std::string_view phone) { return driver_login::is_known_phone(caches, phone); }, registry, *log);
    driver_login::RedisLoginStore login_store(redis, settings.login.limits);
    driver_login::HttpChildDrivers child_drivers(settings.synchronizer, *log);
    driver_login::Login login(settings.login, login_secrets(settings, *log),
                              {.store = login_store,
                               .directory = caches,
                               .children = child_drivers,
                               .sessions = sessions,
                               .messages = message_queue,
                               .clock = clock,
                               .registry = registry,
                               .log = *log});
    const http::TrustedProxies trusted_proxies(settings.trusted_proxies);

    driver_positions::RedisPositionStore position_store(redis, settings.positions);
    platform::WorkQueue position_queue(settings.positions.batch_queue);
    driver_positions::PositionMetrics position_metrics(registry, position_queue);
    driver_positions::Sweep sweep(position_store, family_names(apps), settings.positions, clock, registry);
    const driver_positions::Sweeper sweeper(sweep, settings.positions.sweep_interval, *log);
    driver_positions::NearbyDrivers nearby(position_store, statuses, caches, settings.positions);

    platform::WorkQueue park_queue(settings.park_queue);
    const driver_login::LoginApi login_api{
        .apps = apps, .login = login, .trusted_proxies = trusted_proxies, .park_queue = park_queue, .log = *log};
    const driver_sessions::DriverApi driver_api{
        .apps = apps, .sessions = sessions, .statuses = statuses, .directory = caches};
    const driver_positions::PositionsApi positions_api{.apps = apps,
                                                       .sessions = sessions,
                                                       .store = position_store,
                                                       .queue = position_queue,
                                                       .metrics = position_metrics,
                                                       .clock = clock,
                                                       .log = *log,
                                                       .settings = settings.positions};
    const driver_positions::NearbyApi nearby_api{
        .apps = apps, .drivers = nearby, .clock = clock, .settings = settings.positions};

    // MongoDB is not asked: without it the service goes on with its caches, until these are stale.
    const redis::Pool probed_redis(redis::probe_settings(settings.redis, http::probe_limit));
    http::BoundedChecks checks(
        {{"redis", [&] { return probed_redis.ping(), std::string(); }}, {"caches", [&] { return problem_of(caches); }}},
        http::probe_limit);
    auto& check_ok = registry.gauges("driver_check_ok", "What /ready says, 0 or 1", {"check"});
    registry.before_text([&] {
        for (const http::Check& check : checks.answers()) {
            check_ok.with({check.name}).set(check.ok ? 1 : 0);
        }
    });
    return platform::serve_api({
        .settings = service_settings::server_settings(settings.api),
        .monitor = settings.monitor,
        .service_tokens_file = settings.api.service_tokens_file,
        .routes = {driver_login::login_routes(login_api), driver_sessions::driver_routes(driver_api),
                   driver_positions::position_routes(positions_api), driver_positions::track_routes(positions_api),
                   driver_positions::nearby_routes(nearby_api), driver_cache::retrieve_routes(caches),
                   driver_cache::cache_routes([&caches] { return caches.status(); })},
        .openapi = embedded::openapi_yaml,
        .registry = registry,
        .check = [&checks] { return checks.answers(); },
        .log = *log,
        .stop = stop,
    });
}

}  // namespace twinfleet::driver_protocol_app
