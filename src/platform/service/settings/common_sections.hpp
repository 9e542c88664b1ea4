#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "platform/api/api_server.hpp"
#include "platform/http/monitor_server.hpp"
#include "platform/log/logger.hpp"
#include "platform/service/settings/findings.hpp"
#include "platform/service/settings/section.hpp"

namespace twinfleet::service {

/// The section `api`.
struct ApiSettings {
    /// host:port.
    std::string listen;
    /// Empty: nobody is let in.
    std::string service_tokens_file;
    std::size_t connections_max = 0;
    /// From a connection, or the last answer on it, to the end of the next request.
    std::chrono::milliseconds request_timeout{};
    /// For requests that block.
    std::size_t threads = 0;
    /// How many requests may wait for a thread.
    std::size_t waiting_max = 0;
};

[[nodiscard]] api::ApiSettings server_settings(const ApiSettings& settings);

enum class LogFormat : std::uint8_t { json, console, automatic };

/// The section `log`.
struct LogSettings {
    log::Level level = log::Level::info;
    LogFormat format = LogFormat::automatic;
};

/// `is_for_person` decides what LogFormat::automatic means.
[[nodiscard]] std::unique_ptr<log::Logger> make_logger(const LogSettings& settings, const std::string& program,
                                                       bool is_for_person);

/// The sections that every service has: `api`, `monitor` and `log`. The settings of a service derive from this.
struct CommonSettings {
    ApiSettings api;
    http::MonitorSettings monitor;
    LogSettings log;
};

void read_common_sections(Section& root, CommonSettings& settings);

/// Notes what is wrong with the file of service tokens that the settings name.
void check_service_tokens(const CommonSettings& settings, Findings& findings);

}  // namespace twinfleet::service
