#include "apps/driver_protocol/settings.hpp"

#include <algorithm>
#include <filesystem>
#include <stdexcept>

#include <unistd.h>

#include "capabilities/driver_login/secrets/login_secrets.hpp"
#include "embedded/config_yaml.hpp"
#include "platform/http/client_address.hpp"
#include "platform/service/settings/clock_section.hpp"
#include "platform/service/settings/neighbour_section.hpp"
#include "platform/service/stores/mongo/mongo_store.hpp"
#include "platform/service/stores/redis/redis_store.hpp"

namespace twinfleet::driver_protocol_app {
namespace {

using service::any_timeout;
using service::Section;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr config::Range<seconds> up_to_a_year{.min = seconds(1), .max = std::chrono::days(366)};

void read_families(Section& root, std::vector<driver_apps::DriverApp>& families) {
    config::Reader& reader = root.reader();
    if (!reader.has("families") && !root.is_complete()) {
        return;
    }
    families.clear();
    const std::size_t problems_before = reader.problem_count();
    for (config::Reader& item : reader.items("families")) {
        const std::size_t problems = reader.problem_count();
        driver_apps::DriverApp app{.family = item.required<std::string>("name"),
                                   .product = item.required<std::string>("product")};
        const auto version = item.required<std::string>("minimum_version");
        if (const auto parsed = driver_apps::Version::parse(version)) {
            app.minimum_version = *parsed;
        } else if (reader.problem_count() == problems) {
            item.refuse("minimum_version", "expected up to four numbers with dots between, in quotes");
        }
        families.push_back(std::move(app));
    }
    if (reader.problem_count() > problems_before) {
        return;
    }
    if (families.empty()) {
        reader.refuse("families", "expected at least one family, found none");
    }
    root.check("families", [&] { const driver_apps::DriverApps apps(families); });
}

void read_login_redis(Section section, Settings& settings) {
    section.read_secret("uri", settings.login_redis_uri);
    section.read("connections_max", settings.login_redis_connections_max, {.min = 1, .max = 1'000});
    if (!settings.login_redis_uri.empty()) {
        // Does not connect.
        section.check("uri", [&] { const redis::Pool pool(settings.login_redis()); });
    }
}

void read_login(Section section, Settings& all) {
    read_login_redis(section.section("redis"), all);
    LoginParts::Settings& settings = all.login;
    driver_login::LoginLimits& limits = settings.steps.limits;
    constexpr config::Range<std::uint32_t> some{.min = 1, .max = 1'000'000};
    section.read("code_ttl_s", limits.code_ttl, {.min = seconds(1), .max = seconds(600)});
    section.read("resend_after_s", limits.resend_after, {.min = seconds(1), .max = seconds(86'400)});
    section.read("attempts_max", limits.attempts_max, some);
    section.read("codes_per_hour_max", limits.codes_per_hour_max, some);
    section.read("codes_per_day_max", limits.codes_per_day_max, some);
    section.read("strangers_codes_per_hour_max", limits.strangers_codes_per_hour_max, some);
    section.read("strangers_codes_per_day_max", limits.strangers_codes_per_day_max, some);
    section.read("failures_max", limits.failures_max, {.min = 10, .max = 1'000'000});
    section.read("failures_pause_s", limits.failures_pause, up_to_a_year);
    section.read("device_ttl_s", limits.device_ttl, up_to_a_year);
    section.read("starts_per_address_max", limits.starts_per_address_max, some);
    section.read("starts_per_network_max", limits.starts_per_network_max, some);
    section.read("starts_max", limits.starts_max, some);
    section.read("wrong_guesses_per_address_max", limits.wrong_guesses_per_address_max, some);
    section.read("wrong_guesses_per_network_max", limits.wrong_guesses_per_network_max, some);
    section.read("wrong_guesses_max", limits.wrong_guesses_max, some);
    section.read("starts_per_address_window_s", limits.starts_per_address_window,
                 {.min = seconds(1), .max = seconds(86'400)});
    section.read("login_token_ttl_s", limits.login_token_ttl, {.min = seconds(1), .max = seconds(86'400)});
    section.read("region", settings.steps.region);
    section.read("message_text", settings.steps.message_text);
    section.read("retry_after_s", settings.steps.retry_after, {.min = seconds(1), .max = seconds(3'600)});
    section.read("park_threads", settings.park_queue.threads, {.min = 1, .max = 1'024});
    section.read("park_waiting_max", settings.park_queue.waiting_max, {.min = 1, .max = 1'000'000});
    section.read("child_threads", settings.child_queue.threads, {.min = 1, .max = 1'024});
    section.read("child_waiting_max", settings.child_queue.waiting_max, {.min = 1, .max = 1'000'000});
    section.read_secret("code_key", settings.code_key);
    section.read("trusted_proxies", settings.trusted_proxies);
    section.check("", [&] { settings.steps.check(); });
    section.check("code_key", [&] {
        if (!settings.code_key.empty()) {
            const driver_login::LoginSecrets secrets(settings.code_key);
        }
    });
    section.check("trusted_proxies", [&] { const http::TrustedProxies proxies(settings.trusted_proxies); });
}

void read_gateway(Section section, driver_login::HttpTextMessagesSettings& settings) {
    service::read_neighbour(section, settings.client, {.is_optional = true, .token = "token"});
    section.read("target", settings.target);
    section.read("tries_max", settings.tries_max, {.min = 1, .max = 100});
    section.read("backoff_first_ms", settings.backoff_first, any_timeout);
    section.read("backoff_longest_ms", settings.backoff_longest, any_timeout);
    section.read("circuit_failures_max", settings.circuit.failures_max, {.min = 1, .max = 1'000'000});
    section.read("circuit_open_for_ms", settings.circuit.open_for, any_timeout);
    section.check("target", [&] {
        if (!settings.target.starts_with('/')) {
            throw std::invalid_argument("expected a path that begins with a slash");
        }
    });
}

void read_budget(Section section, driver_login::MessageLimits& limits) {
    constexpr config::Range<std::uint32_t> some{.min = 1, .max = 1'000'000};
    section.read("messages_max", limits.messages_max, some);
    section.read("per_country_max", limits.per_country_max, some);
    section.read("per_park_max", limits.per_park_max, some);
    section.read("window_s", limits.window, {.min = seconds(1), .max = seconds(86'400)});
}

void read_text_messages(Section section, LoginParts::Settings& login) {
    LoginParts::TextMessages& settings = login.text_messages;
    section.read("outbox_file", settings.outbox_file);
    read_gateway(section.section("gateway"), settings.gateway);
    Section queue = section.section("queue");
    queue.read("threads", settings.queue.threads, {.min = 1, .max = 1'000});
    queue.read("waiting_max", settings.queue.waiting_max, {.min = 1, .max = 1'000'000});
    seconds age_max = std::chrono::floor<seconds>(settings.queue.age_max);
    queue.read("age_max_s", age_max, {.min = seconds(1), .max = seconds(600)});
    // A message whose code is not good any more helps nobody.
    settings.queue.age_max = std::min(age_max, login.steps.limits.code_ttl);
    queue.read("drain_timeout_ms", settings.queue.drain_timeout, {.min = milliseconds(0), .max = seconds(8)});
    read_budget(section.section("budget"), login.steps.limits.messages);
}

void read_sessions(Section section, driver_sessions::SessionSettings& settings) {
    section.read("absolute_lifetime_s", settings.absolute_lifetime, up_to_a_year);
    section.read("idle_lifetime_s", settings.idle_lifetime, up_to_a_year);
}

void read_positions(Section section, driver_positions::PositionSettings& settings) {
    section.read("batch_positions_max", settings.batch_positions_max, {.min = 1, .max = 10'000});
    section.read("position_age_max_s", settings.position_age_max, up_to_a_year);
    section.read("position_ahead_max_s", settings.position_ahead_max, {.min = seconds(0), .max = seconds(86'400)});
    section.read("speed_mps_max", settings.speed_mps_max, {.min = 1, .max = 100'000});
    Section queue = section.section("queue");
    queue.read("threads", settings.batch_queue.threads, {.min = 1, .max = 1'000});
    queue.read("waiting_max", settings.batch_queue.waiting_max, {.min = 1, .max = 100'000});
    queue.read("group_max", settings.batch_queue.group_max, {.min = 1, .max = 1'000});
    queue.read("retry_after_s", settings.retry_after, {.min = seconds(1), .max = seconds(3'600)});
    section.read("track_retention_s", settings.track_retention, up_to_a_year);
    section.read("track_burst_positions", settings.track_burst_positions, {.min = 1, .max = 10'000'000});
    section.read("track_positions_per_s", settings.track_positions_per_s, {.min = 0.01, .max = 100'000});
    section.read("track_burst_pages", settings.track_burst_pages, {.min = 1, .max = 1'000'000});
    section.read("track_pages_per_s", settings.track_pages_per_s, {.min = 0.01, .max = 100'000});
    section.read("latest_age_max_s", settings.latest_age_max, {.min = seconds(1), .max = seconds(86'400)});
    section.read("shards", settings.shards, {.min = 1, .max = 256});
    section.read("nearby_radius_m_max", settings.nearby_radius_m_max, {.min = 1, .max = 1'000'000});
    section.read("sweep_interval_ms", settings.sweep_interval, any_timeout);
    section.check("track_retention_s", [&] {
        if (settings.track_retention < settings.position_age_max) {
            throw std::invalid_argument("expected at least position_age_max_s, else what was accepted is lost");
        }
    });
}

void read_cache(Section section, incremental_cache::Settings& settings) {
    constexpr config::Range<seconds> up_to_a_week{.min = seconds(1), .max = std::chrono::days(7)};
    seconds jitter = settings.full_interval_max - settings.full_interval;
    section.read("incremental_interval_ms", settings.interval, any_timeout);
    section.read("quick_interval_ms", settings.quick_interval, any_timeout);
    section.read("overlap_s", settings.overlap, {.min = milliseconds(0), .max = seconds(3'600)});
    section.read("full_interval_s", settings.full_interval, up_to_a_week);
    section.read("full_interval_jitter_s", jitter, {.min = seconds(0), .max = std::chrono::days(7)});
    settings.full_interval_max = settings.full_interval + jitter;
    section.read("expiry_s", settings.expiry, up_to_a_week);
    section.read("recheck_interval_ms", settings.recheck_interval, any_timeout);
    section.read("recheck_documents_max", settings.recheck_documents_max, {.min = 1'000, .max = 10'000'000});
    section.read("retry_max_ms", settings.retry_max, any_timeout);
    section.read("dump_interval_s", settings.dump_interval, up_to_a_week);
    section.read("dump_age_max_s", settings.dump_age_max, up_to_a_week);
    std::string folder = settings.dump_folder;
    section.read("folder", folder);
    settings.dump_folder = folder;
    section.read("ready_margin_ms", settings.ready_margin, {.min = milliseconds(0), .max = seconds(60)});
}

void read_newcomers(Section section, NewcomerParts::Settings& settings) {
    section.read("wait_ms", settings.reader.wait, {.min = milliseconds(1), .max = seconds(10)});
    section.read("repeat_after_ms", settings.reader.repeat_after, any_timeout);
    section.read("circuit_failures_max", settings.reader.circuit.failures_max, {.min = 1, .max = 1'000'000});
    section.read("circuit_open_for_ms", settings.reader.circuit.open_for, any_timeout);
    section.read("ping_interval_ms", settings.news.ping_interval, any_timeout);
    section.read("reconnect_first_ms", settings.news.reconnect_first, any_timeout);
    section.read("reconnect_longest_ms", settings.news.reconnect_longest, any_timeout);
    section.check("reconnect_longest_ms", [&] {
        if (settings.news.reconnect_longest < settings.news.reconnect_first) {
            throw std::invalid_argument("expected at least reconnect_first_ms");
        }
    });
}

void read(Section& root, Settings& settings) {
    service::read_clock(root.section("clock"), settings.clock);
    service::read_mongo(root.section("mongo"), settings.mongo);
    service::read_redis(root.section("redis"), settings.redis);
    Section synchronizer = root.section("synchronizer");
    service::read_neighbour(synchronizer, settings.login.synchronizer);
    service::read_http_client(root.section("http_client"), settings.login.synchronizer.ca_file);
    settings.login.text_messages.gateway.client.ca_file = settings.login.synchronizer.ca_file;
    service::read_internal_listen(root.section("api"), settings.api);
    read_families(root, settings.families);
    read_login(root.section("login"), settings);
    settings.api.trusted_proxies = settings.login.trusted_proxies;
    read_text_messages(root.section("text_messages"), settings.login);
    read_sessions(root.section("sessions"), settings.sessions);
    read_positions(root.section("positions"), settings.positions);
    read_cache(root.section("cache"), settings.cache.caches);
    read_newcomers(root.section("newcomers"), settings.newcomers);
}

/// Whether this process may write the file, or make it. Tells without making it: it would belong to whoever checks.
bool can_be_written(const std::filesystem::path& file) {
    // What cannot be looked at, as in a folder that may not be searched, cannot be written either.
    std::error_code unknown;
    const auto status = std::filesystem::symlink_status(file, unknown);
    if (std::filesystem::exists(status)) {
        // The outbox follows no links. A device or a pipe is as good as a file.
        return !std::filesystem::is_symlink(status) && !std::filesystem::is_directory(status) &&
               access(file.c_str(), W_OK) == 0;
    }
    const std::filesystem::path folder = file.has_parent_path() ? file.parent_path() : ".";
    return std::filesystem::is_directory(folder, unknown) && access(folder.c_str(), W_OK | X_OK) == 0;
}

/// A service that nobody can log in to had better not start.
void check_text_messages(const Settings& settings, service::Findings& findings) {
    const bool has_gateway = !settings.login.text_messages.gateway.client.base_url.empty();
    const std::string& outbox = settings.login.text_messages.outbox_file;
    if (!has_gateway && outbox.empty()) {
        findings.refuse("text_messages",
                        "nobody could log in: set text_messages.gateway.url, or FLEET_SMS_OUTBOX "
                        "(text_messages.outbox_file) to try things out");
    } else if (has_gateway && !outbox.empty()) {
        findings.refuse("text_messages",
                        "text messages could go to a gateway or to a file: set either text_messages.gateway.url or "
                        "FLEET_SMS_OUTBOX (text_messages.outbox_file)");
    } else if (!outbox.empty() && !can_be_written(outbox)) {
        findings.refuse("text_messages.outbox_file", "expected a file that can be written, or made");
    }
}

/// Of each store also those of /ready.
std::size_t pool_connections(const Settings& settings) {
    constexpr std::size_t probes = 2;
    return settings.mongo.connections_max + settings.redis.connections_max + settings.login_redis().connections_max +
           probes + settings.login.synchronizer.connections_max +
           settings.login.text_messages.gateway.client.connections_max;
}

Settings initial_settings() {
    Settings settings;
    settings.mongo.application_name = "driver-protocol";
    settings.login.synchronizer.peer_name = "fleet-synchronizer";
    settings.login.synchronizer.token_name = "synchronizer.service_token";
    return settings;
}

}  // namespace

redis::Settings Settings::login_redis() const {
    redis::Settings own = redis;
    if (!login_redis_uri.empty()) {
        own.uri = login_redis_uri;
    }
    own.connections_max = login_redis_connections_max;
    return own;
}

const service::Layers<Settings>& settings_layers() {
    static const service::Layers<Settings> layers{
        .shipped = embedded::config_yaml,
        .variables = {{"FLEET_SYNCHRONIZER_URL", "synchronizer.url"},
                      {.variable = "FLEET_SERVICE_TOKEN", .key = "synchronizer.service_token", .is_secret = true},
                      {.variable = "FLEET_LOGIN_CODE_KEY", .key = "login.code_key", .is_secret = true},
                      {.variable = "FLEET_SMS_GATEWAY_TOKEN", .key = "text_messages.gateway.token", .is_secret = true},
                      {.variable = "FLEET_LOGIN_REDIS_URI", .key = "login.redis.uri", .is_secret = true},
                      {"FLEET_SMS_OUTBOX", "text_messages.outbox_file"},
                      {"FLEET_DATA_DIR", "cache.folder"}},
        .initial = initial_settings(),
        .read_sections = read,
        .check_for_serving = check_text_messages,
        .pool_connections = pool_connections};
    return layers;
}

}  // namespace twinfleet::driver_protocol_app
