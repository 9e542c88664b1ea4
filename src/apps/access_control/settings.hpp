#pragma once

#include "capabilities/access_control/child_parks/child_parks.hpp"
#include "platform/http_client/client.hpp"
#include "platform/mongo/client.hpp"
#include "platform/postgres/pool.hpp"
#include "platform/service/settings/layers.hpp"

namespace twinfleet::access_control_app {

/// What config.yaml says; the meaning of each key is told there.
struct Settings : service::CommonSettings {
    postgres::Settings postgres;
    /// With an empty base_url the parks are looked at in MongoDB.
    http::ClientSettings synchronizer;
    mongo::Settings mongo;
    access_control::ChildParkSettings child_parks;
};

[[nodiscard]] const service::Layers<Settings>& settings_layers();

}  // namespace twinfleet::access_control_app
