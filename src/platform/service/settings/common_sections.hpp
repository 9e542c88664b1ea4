#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "platform/api/api_server.hpp"
#include "platform/http/monitor_server.hpp"
#include "platform/log/logger.hpp"
#include "platform/service/settings/findings.hpp"
#include "platform/service/settings/section.hpp"

namespace twinfleet::service {

/// The section `api`: where the API listens, and its limits.
struct ApiSettings {
    /// The address to listen on, as `host:port`.
    std::string listen;
    /// The address at which the internal routes, and these alone, are served (api::ApiSettings::internal). Empty: they
    /// are served at `listen`. Always empty for a service without such routes.
    std::string internal_listen = {};
    /// The file of service tokens. When it is empty, no caller is let in.
    std::string service_tokens_file;
    std::size_t connections_max = 0;
    /// How long a client may take from the connection, or from the last answer on it, to the end of its next request.
    std::chrono::milliseconds request_timeout{};
    /// How many threads there are for requests that block.
    std::size_t threads = 0;
    /// How many requests may wait for a thread.
    std::size_t waiting_max = 0;
    /// The most bytes of the bodies of all requests that are being read or answered.
    std::size_t bodies_bytes_max = 0;
    /// Who is trusted to tell the address of a client; as http::TrustedProxies takes them. Not a key of this section.
    std::vector<std::string> trusted_proxies = {};

    /// The most connections at once, with those of the internal address.
    [[nodiscard]] std::size_t all_connections_max() const;
};

/// The section as api::ApiServer takes it.
[[nodiscard]] api::ApiSettings server_settings(const ApiSettings& settings);

/// The form of log lines; `automatic` is resolved by make_logger().
enum class LogFormat : std::uint8_t { json, console, automatic };

/// The section `log`.
struct LogSettings {
    log::Level level = log::Level::info;
    LogFormat format = LogFormat::automatic;
};

/// Makes the logger of a program. For LogFormat::automatic, lines are for a person to read when `is_for_person` is
/// true, otherwise JSON.
[[nodiscard]] std::unique_ptr<log::Logger> make_logger(const LogSettings& settings, const std::string& program,
                                                       bool is_for_person);

/// The sections that every service has: `api`, `monitor` and `log`. The settings of a service derive from this.
struct CommonSettings {
    ApiSettings api;
    http::MonitorSettings monitor;
    LogSettings log;
};

/// Reads the key `internal_listen` of the section `api`, for services that have internal routes.
void read_internal_listen(Section api, ApiSettings& settings);

/// Reads these sections.
void read_common_sections(Section& root, CommonSettings& settings);

/// Notes in `findings` when the system lets a process have fewer descriptors open than all connections may be, those of
/// clients and `pool_connections` to others: then connections could neither be accepted nor made, at the worst moment.
void check_descriptors(const CommonSettings& settings, std::size_t pool_connections, Findings& findings);

/// Notes in `findings` what is wrong with the file of service tokens that the settings name.
void check_service_tokens(const CommonSettings& settings, Findings& findings);

}  // namespace twinfleet::service
