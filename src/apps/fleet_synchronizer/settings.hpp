#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "capabilities/mirroring/jobs/scheduler.hpp"
#include "capabilities/mirroring/passes/mirror_pass.hpp"
#include "domain/app_family.hpp"
#include "platform/config/reader.hpp"
#include "platform/http/monitor_server.hpp"
#include "platform/mongo/client.hpp"
#include "platform/postgres/pool.hpp"
#include "platform/service_settings/common_sections.hpp"

namespace twinfleet::fleet_synchronizer {

/// What config.yaml says; the meaning of each key is told there.
struct Settings {
    mongo::Settings mongo;
    postgres::Settings postgres;
    /// Not empty; names are unique.
    std::vector<domain::AppFamily> families;

    struct TypedConfigs {
        /// Empty: none.
        std::string file;
        std::chrono::milliseconds poll_interval{};
    };
    TypedConfigs typed_configs;

    /// By name of the job.
    std::map<std::string, mirroring::JobSchedule> jobs;
    mirroring::PassSettings pass;

    struct Lease {
        std::chrono::milliseconds lifetime{};
        std::chrono::milliseconds wait{};
    };
    Lease lease;

    std::size_t runs_kept_of_each_job = 0;
    std::size_t foreign_edits_kept_days = 0;
    std::chrono::milliseconds watch_interval{};
    std::chrono::milliseconds stalled_after{};
    http::MonitorSettings monitor;

    struct Api {
        std::string listen;
        /// Empty: nobody is let in.
        std::string service_tokens_file;
        std::size_t connections_max = 0;
        std::chrono::milliseconds request_timeout{};
        std::size_t threads = 0;
    };
    Api api;

    struct AccessControl {
        /// Empty: users and groups are not mirrored.
        std::string url;
        std::string service_token;
        std::chrono::milliseconds request_timeout{};
    };
    AccessControl access_control;

    service_settings::LogSettings log;
};

/// The settings that ship, with those of the file above them, and those of the environment above both. Throws
/// config::Error with every problem.
[[nodiscard]] Settings read_settings(const std::optional<std::filesystem::path>& file,
                                     const config::Environment& environment);

/// As read_settings, of texts instead of files. Of `shipped` every key is needed; of `own` none is.
[[nodiscard]] Settings read_settings(std::string_view shipped, std::string_view own, const std::string& own_name,
                                     const config::Environment& environment);

/// The text of config.yaml.
[[nodiscard]] std::string_view shipped_config();

}  // namespace twinfleet::fleet_synchronizer
