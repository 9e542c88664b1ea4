#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "platform/log/logger.hpp"
#include "platform/mongo/client.hpp"
#include "platform/postgres/pool.hpp"
#include "platform/service_settings/section.hpp"

/// Sections that several services have, alike in each.
namespace twinfleet::service_settings {

/// `uri`, `connections_max` and the timeouts.
void read_mongo(Section section, mongo::Settings& settings);
/// `dsn`, `connections_max` and the timeouts.
void read_postgres(Section section, postgres::Settings& settings);
/// `listen`: host:port.
void read_listen(Section section, std::string& listen);
/// `url`: empty, or an address of HTTP.
void read_url(Section section, std::string& url);

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
