#include "platform/service_settings/common_sections.hpp"

#include <chrono>

#include "platform/http/endpoint.hpp"

namespace twinfleet::service_settings {

using std::chrono::milliseconds;
using std::chrono::seconds;

void read_mongo(Section section, mongo::Settings& settings) {
    constexpr config::Range<milliseconds> timeout{.min = milliseconds(1), .max = seconds(600)};
    section.read_secret("uri", settings.uri);
    section.read("connections_max", settings.connections_max, {.min = 1, .max = 1'000});
    section.read("server_selection_timeout_ms", settings.server_selection_timeout, timeout);
    section.read("connect_timeout_ms", settings.connect_timeout, timeout);
    section.read("socket_timeout_ms", settings.socket_timeout, timeout);
    section.read("connection_wait_timeout_ms", settings.connection_wait_timeout, timeout);
    // Does not connect.
    section.check("uri", [&] { const mongo::Pool pool(settings); });
}

void read_listen(Section section, std::string& listen) {
    section.read("listen", listen);
    section.check("listen", [&] { static_cast<void>(http::parse_endpoint(listen)); });
}

void read_url(Section section, std::string& url) {
    section.read("url", url);
    section.check("url", [&] {
        if (!url.empty() && !url.starts_with("http://") && !url.starts_with("https://")) {
            throw std::invalid_argument("expected an address that begins with http:// or https://");
        }
    });
}

void read_api(Section section, ApiSettings& settings, std::size_t threads_max) {
    read_listen(section, settings.listen);
    section.read("service_tokens_file", settings.service_tokens_file);
    section.read("connections_max", settings.connections_max, {.min = 1, .max = 100'000});
    section.read("threads", settings.threads, {.min = 1, .max = threads_max});
}

void check_service_tokens(const ApiSettings& settings) {
    if (!settings.service_tokens_file.empty()) {
        static_cast<void>(api::ServiceTokens::read(settings.service_tokens_file));
    }
}

api::ApiSettings server_settings(const ApiSettings& settings) {
    api::ApiSettings api;
    api.server.listen = http::parse_endpoint(settings.listen);
    api.server.connections_max = settings.connections_max;
    api.server.request_timeout = settings.request_timeout;
    api.blocking_threads = settings.threads;
    api.blocking_waiting_max = settings.waiting_max;
    return api;
}

void read_log(Section section, LogSettings& settings) {
    section.read_choice("level", settings.level,
                        {{"debug", log::Level::debug},
                         {"info", log::Level::info},
                         {"warning", log::Level::warning},
                         {"error", log::Level::error},
                         {"off", log::Level::off}});
    section.read_choice("format", settings.format,
                        {{"json", LogFormat::json}, {"console", LogFormat::console}, {"auto", LogFormat::automatic}});
}

std::unique_ptr<log::Logger> make_logger(const LogSettings& settings, const std::string& program, bool is_for_person) {
    const bool is_console =
        settings.format == LogFormat::automatic ? is_for_person : settings.format == LogFormat::console;
    return log::make_stderr_logger(
        {.level = settings.level, .format = is_console ? log::Format::console : log::Format::json, .program = program});
}

}  // namespace twinfleet::service_settings
