#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "apps/fleet_synchronizer/startup/city_configuration.hpp"
#include "capabilities/mirroring/jobs/scheduler.hpp"
#include "capabilities/mirroring/passes/mirror_pass.hpp"
#include "domain/app_family.hpp"
#include "platform/http_client/client.hpp"
#include "platform/mongo/client.hpp"
#include "platform/postgres/pool.hpp"
#include "platform/service/settings/layers.hpp"

namespace twinfleet::fleet_synchronizer {

/// What config.yaml says; the meaning of each key is told there.
struct Settings : service::CommonSettings {
    mongo::Settings mongo;
    postgres::Settings postgres;
    /// Not empty; names are unique.
    std::vector<domain::AppFamily> families;

    CityConfiguration::Settings typed_configs;

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
    /// With an empty base_url users and groups are not mirrored.
    http::ClientSettings access_control;
};

[[nodiscard]] const service::Layers<Settings>& settings_layers();

}  // namespace twinfleet::fleet_synchronizer
