#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "capabilities/access_control/child_parks/child_parks.hpp"
#include "platform/config/reader.hpp"
#include "platform/http/client.hpp"
#include "platform/http/monitor_server.hpp"
#include "platform/mongo/client.hpp"
#include "platform/postgres/pool.hpp"
#include "platform/service_settings/common_sections.hpp"

namespace twinfleet::access_control_app {

/// What config.yaml says; the meaning of each key is told there.
struct Settings {
    postgres::Settings postgres;
    /// With an empty base_url the parks are looked at in MongoDB.
    http::ClientSettings synchronizer;
    mongo::Settings mongo;
    access_control::ChildParkSettings child_parks;

    struct Api {
        std::string listen;
        std::string service_tokens_file;
        std::size_t connections_max = 0;
        std::size_t threads = 0;
        std::size_t waiting_max = 0;
    };
    Api api;

    http::MonitorSettings monitor;
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

}  // namespace twinfleet::access_control_app
