#pragma once

#include <string>

#include "capabilities/access_control/child_parks/child_parks.hpp"
#include "platform/http/client.hpp"
#include "platform/http/monitor_server.hpp"
#include "platform/mongo/client.hpp"
#include "platform/postgres/pool.hpp"
#include "platform/service_settings/common_sections.hpp"
#include "platform/service_settings/layers.hpp"

namespace twinfleet::access_control_app {

/// What config.yaml says; the meaning of each key is told there.
struct Settings {
    postgres::Settings postgres;
    /// With an empty base_url the parks are looked at in MongoDB.
    http::ClientSettings synchronizer;
    mongo::Settings mongo;
    access_control::ChildParkSettings child_parks;
    service_settings::ApiSettings api;
    http::MonitorSettings monitor;
    service_settings::LogSettings log;
};

[[nodiscard]] const service_settings::Layers<Settings>& settings_layers();

}  // namespace twinfleet::access_control_app
