#include "apps/fleet_synchronizer/settings.hpp"

#include <algorithm>
#include <set>
#include <stdexcept>

#include "capabilities/mirroring/entities/entity_table.hpp"
#include "embedded/config_yaml.hpp"
#include "platform/http/endpoint.hpp"

namespace twinfleet::fleet_synchronizer {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// Keys of one map of a file.
class Section {
public:
    Section(config::Reader reader, bool is_complete) : reader_(std::move(reader)), is_complete_(is_complete) {}

    [[nodiscard]] Section section(std::string_view key) {
        return {is_complete_ ? reader_.required_section(key) : reader_.section(key), is_complete_};
    }
    template <config::Readable T>
    void read(std::string_view key, T& target, config::Range<std::type_identity_t<T>> range = {}) {
        if (is_complete_) {
            target = reader_.required<T>(key, range);
        } else {
            reader_.read(key, target, range);
        }
    }
    void read_secret(std::string_view key, std::string& target) {
        if (is_complete_ && !reader_.has(key)) {
            reader_.refuse(key, "expected a text, found nothing");
        }
        target = reader_.secret(key, target);
    }
    template <typename Enum>
    void read_choice(std::string_view key, Enum& target,
                     std::initializer_list<std::pair<std::string_view, Enum>> names) {
        if (is_complete_) {
            target = reader_.required_choice(key, names).value_or(target);
        } else {
            target = reader_.choice(key, target, names);
        }
    }
    /// Notes what `check` throws as a problem of the key. `check` must not repeat a secret in it.
    template <typename Check>
    void check(std::string_view key, Check&& check) {
        try {
            check();
        } catch (const std::invalid_argument& problem) {
            reader_.refuse(key, problem.what());
        }
    }
    [[nodiscard]] config::Reader& reader() noexcept { return reader_; }
    [[nodiscard]] bool is_complete() const noexcept { return is_complete_; }

private:
    config::Reader reader_;
    bool is_complete_;
};

void read_mongo(Section section, mongo::Settings& settings) {
    constexpr config::Range<milliseconds> timeout{.min = milliseconds(1), .max = seconds(600)};
    section.read_secret("uri", settings.uri);
    section.read("connections_max", settings.connections_max, {.min = 1, .max = 1'000});
    section.read("server_selection_timeout_ms", settings.server_selection_timeout, timeout);
    section.read("connect_timeout_ms", settings.connect_timeout, timeout);
    section.read("socket_timeout_ms", settings.socket_timeout, timeout);
    section.read("connection_wait_timeout_ms", settings.connection_wait_timeout, timeout);
    // Does not connect.
    section.check("uri", [&] { const mongo::Pool pool(settings); });
}

void read_postgres(Section section, postgres::Settings& settings) {
    section.read_secret("dsn", settings.dsn);
    section.read("connections_max", settings.connections_max, {.min = 1, .max = 1'000});
    section.read("connect_timeout_ms", settings.connect_timeout, {.min = milliseconds(1), .max = seconds(600)});
    section.read("statement_timeout_ms", settings.statement_timeout);
    section.check("dsn", [&] { const postgres::Pool pool(settings); });
}

bool is_family_name(std::string_view name) {
    return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    });
}

void read_families(Section root, std::vector<domain::AppFamily>& families) {
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
        job.read("jitter_share", schedule.jitter_share, {.min = 0, .max = 0.9});
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
}

void read_listen(Section section, std::string& listen) {
    section.read("listen", listen);
    section.check("listen", [&] { static_cast<void>(http::parse_endpoint(listen)); });
}

void read_access_control(Section section, Settings::AccessControl& settings) {
    section.read("url", settings.url);
    section.read_secret("service_token", settings.service_token);
    section.check("url", [&] {
        if (!settings.url.empty() && !settings.url.starts_with("http://") && !settings.url.starts_with("https://")) {
            throw std::invalid_argument("expected an address that begins with http:// or https://");
        }
    });
}

void read_log(Section section, Settings& settings) {
    section.read_choice("level", settings.log_level,
                        {{"debug", log::Level::debug},
                         {"info", log::Level::info},
                         {"warning", log::Level::warning},
                         {"error", log::Level::error},
                         {"off", log::Level::off}});
    section.read_choice("format", settings.log_format,
                        {{"json", LogFormat::json}, {"console", LogFormat::console}, {"auto", LogFormat::automatic}});
}

void read(Section root, Settings& settings) {
    read_mongo(root.section("mongo"), settings.mongo);
    read_postgres(root.section("postgres"), settings.postgres);
    read_families(root, settings.families);
    Section typed_configs = root.section("typed_configs");
    typed_configs.read("file", settings.typed_configs.file);
    typed_configs.read("poll_interval_ms", settings.typed_configs.poll_interval,
                       {.min = milliseconds(1), .max = seconds(2)});
    read_jobs(root.section("jobs"), settings.jobs);
    read_pass(root.section("pass"), settings.pass);
    Section lease = root.section("lease");
    lease.read("lifetime_ms", settings.lease.lifetime, {.min = milliseconds(100), .max = seconds(3'600)});
    lease.read("wait_ms", settings.lease.wait, {.min = milliseconds(0), .max = seconds(86'400)});
    root.section("runs").read("kept_of_each_job", settings.runs_kept_of_each_job, {.min = 1});
    read_listen(root.section("monitor"), settings.monitor.listen);
    Section api = root.section("api");
    read_listen(api, settings.api.listen);
    api.read("service_tokens_file", settings.api.service_tokens_file);
    read_access_control(root.section("access_control"), settings.access_control);
    read_log(root.section("log"), settings);
    root.reader().finish();
}

std::vector<config::Override> overrides() {
    return {
        {"FLEET_MONGO_URI", "mongo.uri"},
        {"FLEET_POSTGRES_DSN", "postgres.dsn"},
        {"FLEET_TYPED_CONFIGS", "typed_configs.file"},
        {"FLEET_LISTEN", "api.listen"},
        {"FLEET_MONITOR_LISTEN", "monitor.listen"},
        {"FLEET_SERVICE_TOKENS", "api.service_tokens_file"},
        {"FLEET_SERVICE_TOKEN", "access_control.service_token"},
        {"FLEET_ACCESS_CONTROL_URL", "access_control.url"},
    };
}

}  // namespace

Settings read_settings(std::string_view shipped, std::string_view own, const std::string& own_name,
                       const config::Environment& environment) {
    Settings settings;
    settings.mongo.application_name = "fleet-synchronizer";
    settings.postgres.application_name = "fleet-synchronizer";
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

}  // namespace twinfleet::fleet_synchronizer
