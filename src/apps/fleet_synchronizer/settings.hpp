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

/// The settings of fleet-synchronizer: what config.yaml holds, where the meaning of each key is told.
struct Settings : service::CommonSettings {
    mongo::Settings mongo;
    postgres::Settings postgres;
    /// The app families that parents are mirrored into. There is at least one, and no two have the same name.
    std::vector<domain::AppFamily> families;

    /// Where the configuration by city is.
    CityConfiguration::Settings typed_configs;

    /// The schedules of the periodic jobs, by the name of the entity that a job keeps in step.
    std::map<std::string, mirroring::JobSchedule> jobs;
    mirroring::PassSettings pass;

    /// How long a lease lives without being renewed, and how long `run` waits for one that another process holds.
    struct Lease {
        std::chrono::milliseconds lifetime{};
        std::chrono::milliseconds wait{};
    };
    Lease lease;

    std::size_t runs_kept_of_each_job = 0;
    std::size_t foreign_edits_kept_days = 0;
    /// The pause between two rounds of keep_house().
    std::chrono::milliseconds watch_interval{};
    std::chrono::milliseconds stalled_after{};
    /// Where access-control is. With an empty base_url users and groups are not mirrored.
    http::ClientSettings access_control;
};

/// How these settings are read from the file that ships, from a file of one's own and from the environment.
[[nodiscard]] const service::Layers<Settings>& settings_layers();

}  // namespace twinfleet::fleet_synchronizer
