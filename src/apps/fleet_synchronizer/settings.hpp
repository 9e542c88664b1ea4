#pragma once

#include "apps/fleet_synchronizer/serving/housekeeping.hpp"
#include "apps/fleet_synchronizer/startup/city_configuration.hpp"
#include "apps/fleet_synchronizer/startup/mirror_settings.hpp"
#include "platform/mongo/client.hpp"
#include "platform/postgres/pool.hpp"
#include "platform/service/settings/clock_section.hpp"
#include "platform/service/settings/layers.hpp"

namespace twinfleet::fleet_synchronizer {

/// The settings of fleet-synchronizer: what config.yaml holds, where the meaning of each key is told.
struct Settings : service::CommonSettings {
    mongo::Settings mongo;
    postgres::Settings postgres;
    service::ClockSettings clock;
    CityConfiguration::Settings typed_configs;
    MirrorSettings mirror;
    HousekeepingSettings housekeeping;
};

/// How these settings are read from the file that ships, from a file of one's own and from the environment.
[[nodiscard]] const service::Layers<Settings>& settings_layers();

}  // namespace twinfleet::fleet_synchronizer
