#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "platform/api/api_server.hpp"
#include "platform/log/logger.hpp"
#include "platform/mongo/client.hpp"
#include "platform/service_settings/section.hpp"

/// Sections that several services have, alike in each.
namespace twinfleet::service_settings {

/// `uri`, `connections_max` and the timeouts.
void read_mongo(Section section, mongo::Settings& settings);
/// `listen`: host:port.
void read_listen(Section section, std::string& listen);
/// `url`: empty, or an address of HTTP.
void read_url(Section section, std::string& url);

struct ApiSettings {
    /// host:port.
    std::string listen;
    /// Empty: nobody is let in.
    std::string service_tokens_file;
    std::size_t connections_max = 0;
    std::chrono::milliseconds request_timeout = http::ServerSettings().request_timeout;
    std::size_t threads = 0;
    std::size_t waiting_max = api::ApiSettings().blocking_waiting_max;
};

/// `listen`, `service_tokens_file`, `connections_max` and `threads`; the others stay as they are.
void read_api(Section section, ApiSettings& settings, std::size_t threads_max);

/// For `config check`: throws config::Error for a wrong file of service tokens.
void check_service_tokens(const ApiSettings& settings);

[[nodiscard]] api::ApiSettings server_settings(const ApiSettings& settings);

enum class LogFormat : std::uint8_t { json, console, automatic };

struct LogSettings {
    log::Level level = log::Level::info;
    LogFormat format = LogFormat::automatic;
};

/// `level` and `format`.
void read_log(Section section, LogSettings& settings);

/// `is_for_person`: what LogFormat::automatic means.
[[nodiscard]] std::unique_ptr<log::Logger> make_logger(const LogSettings& settings, const std::string& program,
                                                       bool is_for_person);

}  // namespace twinfleet::service_settings
