#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "capabilities/mirroring/jobs/scheduler.hpp"
#include "capabilities/mirroring/passes/mirror_pass.hpp"
#include "domain/app_family.hpp"
#include "platform/http/monitor_server.hpp"
#include "platform/mongo/client.hpp"
#include "platform/postgres/pool.hpp"
#include "platform/service_settings/common_sections.hpp"
#include "platform/service_settings/layers.hpp"

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
    service_settings::ApiSettings api;

    struct AccessControl {
        /// Empty: users and groups are not mirrored.
        std::string url;
        std::string service_token;
        std::chrono::milliseconds request_timeout{};
    };
    AccessControl access_control;

    service_settings::LogSettings log;
};

[[nodiscard]] const service_settings::Layers<Settings>& settings_layers();

}  // namespace twinfleet::fleet_synchronizer
