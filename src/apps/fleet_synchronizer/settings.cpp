#include "apps/fleet_synchronizer/settings.hpp"

#include <algorithm>
#include <set>
#include <stdexcept>

#include "capabilities/mirroring/entities/entity_table.hpp"
#include "embedded/config_yaml.hpp"
#include "platform/service/settings/clock_section.hpp"
#include "platform/service/settings/neighbour_section.hpp"
#include "platform/service/stores/mongo/mongo_store.hpp"
#include "platform/service/stores/postgres/postgres_store.hpp"

namespace twinfleet::fleet_synchronizer {
namespace {

using service::Section;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::size_t api_threads_max = 256;

bool is_family_name(std::string_view name) {
    return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    });
}

void read_families(Section& root, std::vector<domain::AppFamily>& families) {
    config::Reader& reader = root.reader();
    if (!reader.has("families") && !root.is_complete()) {
        return;
    }
    families.clear();
    std::set<std::string> names;
    const std::size_t problems_before = reader.problem_count();
    for (config::Reader& item : reader.items("families")) {
        const std::size_t problems = reader.problem_count();
        auto name = item.required<std::string>("name");
        if (reader.problem_count() > problems) {
            continue;
        }
        if (!is_family_name(name)) {
            item.refuse("name", "expected lower-case letters, digits and underscores");
        } else if (name == domain::main_family) {
            item.refuse("name", "expected a family beside the main one, found that of the parents");
        } else if (!names.insert(name).second) {
            item.refuse("name", "expected a name of its own, found one that stands twice");
        }
        families.push_back({std::move(name)});
    }
    if (families.empty() && reader.problem_count() == problems_before) {
        reader.refuse("families", "expected at least one family, found none");
    }
}

void read_jobs(Section section, std::map<std::string, mirroring::JobSchedule>& jobs) {
    for (const mirroring::Entity& entity : mirroring::entities()) {
        mirroring::JobSchedule& schedule = jobs[std::string(entity.name)];
        Section job = section.section(entity.name);
        job.read("incremental_interval_ms", schedule.incremental_interval,
                 {.min = milliseconds(1), .max = seconds(86'400)});
        job.read("full_interval_s", schedule.full_interval, {.min = milliseconds(1), .max = seconds(30 * 86'400)});
        job.read("verify_interval_ms", schedule.verify_interval, {.min = milliseconds(1), .max = seconds(30 * 86'400)});
        job.read("jitter_share", schedule.jitter_share, {.min = 0, .max = 0.9});
        if (entity.is_park()) {
            schedule.full_shards = 1;
        } else {
            job.read("full_shards", schedule.full_shards, {.min = 1, .max = 1'024});
        }
    }
}

void read_pass(Section section, mirroring::PassSettings& settings) {
    constexpr std::size_t bytes_max = std::size_t{1} << 30;
    section.read("batch_documents_max", settings.batch.documents_max, {.min = 1, .max = 100'000});
    section.read("batch_bytes_max", settings.batch.bytes_max, {.min = 1, .max = bytes_max});
    section.read("bytes_in_flight_max", settings.bytes_in_flight_max, {.min = 1, .max = bytes_max});
    section.read("overlap_ms", settings.overlap, {.min = milliseconds(0), .max = seconds(86'400)});
    section.read("quarantine_retry_interval_s", settings.quarantine_retry_interval);
    Section retirement = section.section("retirement");
    retirement.read("share_max", settings.retirement.share_max, {.min = 0, .max = 1});
    retirement.read("always_allowed", settings.retirement.always_allowed, {.min = 0});
    retirement.read("count_max", settings.retirement.count_max, {.min = 0});
    retirement.read("also_when_no_parent_is_left", settings.retirement.also_when_no_parent_is_left);
}

void read_watch(Section section, HousekeepingSettings& settings) {
    section.read("interval_s", settings.interval, {.min = milliseconds(100), .max = seconds(3'600)});
    section.read("stalled_after_s", settings.stalled_after, {.min = milliseconds(1), .max = seconds(86'400)});
}

void read(Section& root, Settings& settings) {
    service::read_clock(root.section("clock"), settings.clock);
    service::read_mongo(root.section("mongo"), settings.mongo);
    service::read_postgres(root.section("postgres"), settings.postgres);
    read_families(root, settings.mirror.families);
    Section typed_configs = root.section("typed_configs");
    typed_configs.read("file", settings.typed_configs.file);
    typed_configs.read("poll_interval_ms", settings.typed_configs.poll_interval,
                       {.min = milliseconds(1), .max = seconds(2)});
    read_jobs(root.section("jobs"), settings.mirror.schedules);
    read_pass(root.section("pass"), settings.mirror.pass);
    Section lease = root.section("lease");
    lease.read("lifetime_ms", settings.mirror.lease.lifetime, {.min = milliseconds(100), .max = seconds(3'600)});
    lease.read("wait_ms", settings.mirror.lease.wait, {.min = milliseconds(0), .max = seconds(86'400)});
    root.section("runs").read("kept_of_each_job", settings.mirror.runs_kept_of_each_job, {.min = 1});
    root.section("foreign_edits").read("kept_days", settings.mirror.foreign_edits_kept_days, {.min = 1, .max = 3'650});
    Section erasure = root.section("erasure");
    erasure.read("field", settings.mirror.erased_parents.field);
    erasure.read("value", settings.mirror.erased_parents.value);
    root.section("link_changes").read("kept_days", settings.mirror.link_changes_kept_days, {.min = 1, .max = 3'650});
    read_watch(root.section("watch"), settings.housekeeping);
    Section access_control = root.section("access_control");
    service::read_neighbour(access_control, settings.mirror.access_control, {.is_optional = true});
    Section driver_protocol = root.section("driver_protocol");
    service::read_neighbour(driver_protocol, settings.mirror.driver_protocol, {.is_optional = true});
    service::read_http_client(root.section("http_client"), settings.mirror.access_control.ca_file);
    settings.mirror.driver_protocol.ca_file = settings.mirror.access_control.ca_file;
    root.section("api").check("threads", [&] {
        if (settings.api.threads > api_threads_max) {
            throw std::invalid_argument("expected at most " + std::to_string(api_threads_max) +
                                        ", as each has a connection to PostgreSQL of its own");
        }
    });
}

/// The configuration by city is read as `serve` reads it.
void check_city_configuration(const Settings& settings, service::Findings& findings) {
    findings.attempt([&] {
        log::NullLogger log;
        const CityConfiguration cities(settings.typed_configs, CityConfiguration::Reload::never, log);
    });
}

bool check_city_file(const service::OwnText& own) {
    if (!CityConfiguration::is_one(own.text, own.name)) {
        return false;
    }
    log::NullLogger log;
    const CityConfiguration cities({.file = own.name, .poll_interval = {}}, CityConfiguration::Reload::never, log);
    return true;
}

/// Of each store also those of /ready, and of PostgreSQL one for each thread of the API.
std::size_t pool_connections(const Settings& settings) {
    constexpr std::size_t probes = 2;
    return settings.mongo.connections_max + settings.postgres.connections_max + settings.api.threads + probes +
           settings.mirror.access_control.connections_max + settings.mirror.driver_protocol.connections_max;
}

Settings initial_settings() {
    Settings settings;
    settings.mongo.application_name = "fleet-synchronizer";
    settings.postgres.application_name = "fleet-synchronizer";
    settings.mirror.access_control.peer_name = "access-control";
    settings.mirror.access_control.token_name = "access_control.service_token";
    settings.mirror.driver_protocol.peer_name = "driver-protocol";
    settings.mirror.driver_protocol.token_name = "driver_protocol.service_token";
    return settings;
}

}  // namespace

const service::Layers<Settings>& settings_layers() {
    static const service::Layers<Settings> layers{
        .shipped = embedded::config_yaml,
        .variables = {{"FLEET_TYPED_CONFIGS", "typed_configs.file"},
                      {"FLEET_ACCESS_CONTROL_URL", "access_control.url"},
                      {"FLEET_DRIVER_PROTOCOL_URL", "driver_protocol.url"},
                      {.variable = "FLEET_SERVICE_TOKEN", .key = "access_control.service_token", .is_secret = true},
                      {.variable = "FLEET_SERVICE_TOKEN", .key = "driver_protocol.service_token", .is_secret = true}},
        .initial = initial_settings(),
        .read_sections = read,
        .check_for_serving = check_city_configuration,
        .pool_connections = pool_connections,
        .check_other_file = check_city_file};
    return layers;
}

}  // namespace twinfleet::fleet_synchronizer
