#include "apps/driver_protocol/settings.hpp"

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

using service::Section;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr config::Range<milliseconds> any_timeout{.min = milliseconds(1), .max = seconds(600)};
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

void read_login(Section section, LoginParts::Settings& settings) {
    driver_login::LoginLimits& limits = settings.steps.limits;
    constexpr config::Range<std::uint32_t> some{.min = 1, .max = 1'000'000};
    section.read("code_ttl_s", limits.code_ttl, {.min = seconds(1), .max = seconds(600)});
    section.read("resend_after_s", limits.resend_after, {.min = seconds(1), .max = seconds(86'400)});
    section.read("attempts_max", limits.attempts_max, some);
    section.read("codes_per_hour_max", limits.codes_per_hour_max, some);
    section.read("codes_per_day_max", limits.codes_per_day_max, some);
    section.read("starts_per_address_max", limits.starts_per_address_max, some);
    section.read("starts_per_address_window_s", limits.starts_per_address_window,
                 {.min = seconds(1), .max = seconds(86'400)});
    section.read("login_token_ttl_s", limits.login_token_ttl, {.min = seconds(1), .max = seconds(86'400)});
    section.read("region", settings.steps.region);
    section.read("message_text", settings.steps.message_text);
    section.read("retry_after_s", settings.steps.retry_after, {.min = seconds(1), .max = seconds(3'600)});
    section.read("park_threads", settings.park_queue.threads, {.min = 1, .max = 1'024});
    section.read("park_waiting_max", settings.park_queue.waiting_max, {.min = 1, .max = 1'000'000});
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

void read_text_messages(Section section, LoginParts::TextMessages& settings) {
    section.read("outbox_file", settings.outbox_file);
    read_gateway(section.section("gateway"), settings.gateway);
    Section queue = section.section("queue");
    queue.read("threads", settings.queue.threads, {.min = 1, .max = 1'000});
    queue.read("waiting_max", settings.queue.waiting_max, {.min = 1, .max = 1'000'000});
    queue.read("drain_timeout_ms", settings.queue.drain_timeout, {.min = milliseconds(0), .max = seconds(8)});
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
    queue.read("retry_after_s", settings.retry_after, {.min = seconds(1), .max = seconds(3'600)});
    section.read("track_retention_s", settings.track_retention, up_to_a_year);
    section.read("track_burst_positions", settings.track_burst_positions, {.min = 1, .max = 10'000'000});
    section.read("track_positions_per_s", settings.track_positions_per_s, {.min = 0.01, .max = 100'000});
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
    section.read("overlap_s", settings.overlap, {.min = milliseconds(0), .max = seconds(3'600)});
    section.read("full_interval_s", settings.full_interval, up_to_a_week);
    section.read("full_interval_jitter_s", jitter, {.min = seconds(0), .max = std::chrono::days(7)});
    settings.full_interval_max = settings.full_interval + jitter;
    section.read("expiry_s", settings.expiry, up_to_a_week);
    section.read("retry_max_ms", settings.retry_max, any_timeout);
    section.read("dump_interval_s", settings.dump_interval, up_to_a_week);
    section.read("dump_age_max_s", settings.dump_age_max, up_to_a_week);
    std::string folder = settings.dump_folder;
    section.read("folder", folder);
    settings.dump_folder = folder;
    section.read("ready_margin_ms", settings.ready_margin, {.min = milliseconds(0), .max = seconds(60)});
}

void read(Section& root, Settings& settings) {
    service::read_clock(root.section("clock"), settings.clock);
    service::read_mongo(root.section("mongo"), settings.mongo);
    service::read_redis(root.section("redis"), settings.redis);
    Section synchronizer = root.section("synchronizer");
    service::read_neighbour(synchronizer, settings.login.synchronizer);
    service::read_http_client(root.section("http_client"), settings.login.synchronizer.ca_file);
    settings.login.text_messages.gateway.client.ca_file = settings.login.synchronizer.ca_file;
    read_families(root, settings.families);
    read_login(root.section("login"), settings.login);
    read_text_messages(root.section("text_messages"), settings.login.text_messages);
    read_sessions(root.section("sessions"), settings.sessions);
    read_positions(root.section("positions"), settings.positions);
    read_cache(root.section("cache"), settings.cache.caches);
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

Settings initial_settings() {
    Settings settings;
    settings.mongo.application_name = "driver-protocol";
    settings.login.synchronizer.peer_name = "fleet-synchronizer";
    settings.login.synchronizer.token_name = "synchronizer.service_token";
    return settings;
}

}  // namespace

const service::Layers<Settings>& settings_layers() {
    static const service::Layers<Settings> layers{.shipped = embedded::config_yaml,
                                                  .variables = {{"FLEET_SYNCHRONIZER_URL", "synchronizer.url"},
                                                                {"FLEET_SERVICE_TOKEN", "synchronizer.service_token"},
                                                                {"FLEET_SMS_OUTBOX", "text_messages.outbox_file"},
                                                                {"FLEET_DATA_DIR", "cache.folder"}},
                                                  .initial = initial_settings(),
                                                  .read_sections = read,
                                                  .check_for_serving = check_text_messages};
    return layers;
}

}  // namespace twinfleet::driver_protocol_app
