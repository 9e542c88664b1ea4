#include "apps/access_control/settings.hpp"

#include "embedded/config_yaml.hpp"
#include "platform/service/settings/clock_section.hpp"
#include "platform/service/settings/neighbour_section.hpp"
#include "platform/service/stores/mongo/mongo_store.hpp"
#include "platform/service/stores/postgres/postgres_store.hpp"

namespace twinfleet::access_control_app {
namespace {

using service::Section;
using std::chrono::milliseconds;
using std::chrono::seconds;

void read_child_parks(Section section, access_control::ChildParkSettings& settings) {
    constexpr config::Range<milliseconds> lifetime{.min = milliseconds(0), .max = seconds(30 * 86'400)};
    section.read("cached_parks_max", settings.cached_parks_max, {.min = 1, .max = 100'000'000});
    section.read("child_lifetime_s", settings.child_lifetime, lifetime);
    section.read("not_child_lifetime_s", settings.not_child_lifetime, lifetime);
    section.read("source_pause_ms", settings.source_pause, {.min = milliseconds(0), .max = seconds(600)});
}

void read(Section& root, Settings& settings) {
    service::read_clock(root.section("clock"), settings.clock);
    service::read_postgres(root.section("postgres"), settings.postgres);
    Section synchronizer = root.section("synchronizer");
    service::read_neighbour(synchronizer, settings.synchronizer, {.is_optional = true});
    service::read_http_client(root.section("http_client"), settings.synchronizer.ca_file);
    service::read_mongo(root.section("mongo"), settings.mongo);
    read_child_parks(root.section("child_parks"), settings.child_parks);
    root.section("audit").read("kept_days", settings.housekeeping.audit_kept_days, {.min = 1, .max = 3'650});
    root.section("feed").read("removals_kept_days", settings.housekeeping.removals_kept_days, {.min = 1, .max = 3'650});
}

/// Of the store also the one of /ready.
std::size_t pool_connections(const Settings& settings) {
    constexpr std::size_t probes = 1;
    return settings.postgres.connections_max + settings.mongo.connections_max + probes +
           settings.synchronizer.connections_max;
}

Settings initial_settings() {
    Settings settings;
    settings.mongo.application_name = "access-control";
    settings.postgres.application_name = "access-control";
    settings.synchronizer.peer_name = "fleet-synchronizer";
    settings.synchronizer.token_name = "synchronizer.service_token";
    return settings;
}

}  // namespace

const service::Layers<Settings>& settings_layers() {
    static const service::Layers<Settings> layers{
        .shipped = embedded::config_yaml,
        .variables = {{"FLEET_SYNCHRONIZER_URL", "synchronizer.url"},
                      {.variable = "FLEET_SERVICE_TOKEN", .key = "synchronizer.service_token", .is_secret = true}},
        .initial = initial_settings(),
        .read_sections = read,
        .pool_connections = pool_connections};
    return layers;
}

}  // namespace twinfleet::access_control_app
