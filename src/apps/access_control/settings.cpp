#include "apps/access_control/settings.hpp"

#include "embedded/config_yaml.hpp"
#include "platform/service_settings/postgres/postgres_section.hpp"

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

void read(Section root, Settings& settings) {
    service_settings::read_postgres(root.section("postgres"), settings.postgres);
    read_synchronizer(root.section("synchronizer"), settings.synchronizer);
    service_settings::read_mongo(root.section("mongo"), settings.mongo);
    read_child_parks(root.section("child_parks"), settings.child_parks);
    Section api = root.section("api");
    service_settings::read_api(api, settings.api, 1'000);
    api.read("waiting_max", settings.api.waiting_max, {.min = 1, .max = 100'000});
    service_settings::read_listen(root.section("monitor"), settings.monitor.listen);
    service_settings::read_log(root.section("log"), settings.log);
}

Settings initial_settings() {
    Settings settings;
    settings.mongo.application_name = "access-control";
    settings.postgres.application_name = "access-control";
    settings.synchronizer.peer_name = "fleet-synchronizer";
    return settings;
}

}  // namespace

const service_settings::Layers<Settings>& settings_layers() {
    static const service_settings::Layers<Settings> layers{
        .shipped = embedded::config_yaml, .initial = initial_settings(), .read_section = read};
    return layers;
}

}  // namespace twinfleet::access_control_app
