#include "apps/access_control/settings.hpp"

#include "embedded/config_yaml.hpp"

namespace twinfleet::access_control_app {
namespace {

using service_settings::Section;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr config::Range<milliseconds> any_timeout{.min = milliseconds(1), .max = seconds(600)};

void read_synchronizer(Section section, http::ClientSettings& settings) {
    service_settings::read_url(section, settings.base_url);
    section.read_secret("service_token", settings.bearer_token);
    section.read("connect_timeout_ms", settings.connect_timeout, any_timeout);
    section.read("request_timeout_ms", settings.request_timeout, any_timeout);
    section.check("url", [&] {
        if (!settings.base_url.empty()) {
            // Does not connect.
            const http::Client client(settings);
        }
    });
}

void read_child_parks(Section section, access_control::ChildParkSettings& settings) {
    constexpr config::Range<milliseconds> lifetime{.min = milliseconds(0), .max = seconds(30 * 86'400)};
    section.read("cached_parks_max", settings.cached_parks_max, {.min = 1, .max = 100'000'000});
    section.read("child_lifetime_s", settings.child_lifetime, lifetime);
    section.read("not_child_lifetime_s", settings.not_child_lifetime, lifetime);
    section.read("source_pause_ms", settings.source_pause, {.min = milliseconds(0), .max = seconds(600)});
}

void read_api(Section section, Settings::Api& settings) {
    service_settings::read_listen(section, settings.listen);
    section.read("service_tokens_file", settings.service_tokens_file);
    section.read("connections_max", settings.connections_max, {.min = 1, .max = 100'000});
    section.read("threads", settings.threads, {.min = 1, .max = 1'000});
    section.read("waiting_max", settings.waiting_max, {.min = 1, .max = 100'000});
}

void read(Section root, Settings& settings) {
    service_settings::read_postgres(root.section("postgres"), settings.postgres);
    read_synchronizer(root.section("synchronizer"), settings.synchronizer);
    service_settings::read_mongo(root.section("mongo"), settings.mongo);
    read_child_parks(root.section("child_parks"), settings.child_parks);
    read_api(root.section("api"), settings.api);
    service_settings::read_listen(root.section("monitor"), settings.monitor.listen);
    service_settings::read_log(root.section("log"), settings.log);
    root.reader().finish();
}

std::vector<config::Override> overrides() {
    return {
        {"FLEET_POSTGRES_DSN", "postgres.dsn"},
        {"FLEET_SYNCHRONIZER_URL", "synchronizer.url"},
        {"FLEET_SERVICE_TOKEN", "synchronizer.service_token"},
        {"FLEET_MONGO_URI", "mongo.uri"},
        {"FLEET_LISTEN", "api.listen"},
        {"FLEET_SERVICE_TOKENS", "api.service_tokens_file"},
        {"FLEET_MONITOR_LISTEN", "monitor.listen"},
    };
}

}  // namespace

Settings read_settings(std::string_view shipped, std::string_view own, const std::string& own_name,
                       const config::Environment& environment) {
    Settings settings;
    settings.mongo.application_name = "access-control";
    settings.postgres.application_name = "access-control";
    settings.synchronizer.peer_name = "fleet-synchronizer";
    read({config::Reader::from_text(shipped, "the configuration that ships"), true}, settings);
    read({config::Reader::from_text(own, own_name, overrides(), environment), false}, settings);
    return settings;
}

Settings read_settings(const std::optional<std::filesystem::path>& file, const config::Environment& environment) {
    const std::string own = file ? config::read_file(*file) : std::string();
    return read_settings(shipped_config(), own, file ? file->string() : "no file", environment);
}

std::string_view shipped_config() {
    return embedded::config_yaml;
}

}  // namespace twinfleet::access_control_app
