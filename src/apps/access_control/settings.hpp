#pragma once

#include "capabilities/access_control/child_parks/child_parks.hpp"
#include "capabilities/access_control/housekeeping/housekeeping_postgres.hpp"
#include "platform/http_client/client.hpp"
#include "platform/mongo/client.hpp"
#include "platform/postgres/pool.hpp"
#include "platform/service/settings/clock_section.hpp"
#include "platform/service/settings/layers.hpp"

namespace twinfleet::access_control_app {

/// The settings of access-control: what config.yaml holds, where the meaning of each key is told.
struct Settings : service::CommonSettings {
    postgres::Settings postgres;
    service::ClockSettings clock;
    /// Where fleet-synchronizer is. With an empty base_url, access-control finds out in MongoDB whether a park is a
    /// child.
    http::ClientSettings synchronizer;
    mongo::Settings mongo;
    access_control::ChildParkSettings child_parks;
    access_control::HousekeepingSettings housekeeping;
};

/// How these settings are read from the file that ships, from a file of one's own and from the environment.
[[nodiscard]] const service::Layers<Settings>& settings_layers();

}  // namespace twinfleet::access_control_app
