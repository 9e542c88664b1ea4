#include "platform/service/settings/common_sections.hpp"

#include "platform/api/service_tokens.hpp"
#include "platform/http/endpoint.hpp"

namespace twinfleet::service {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

void read_listen(Section& section, std::string& listen) {
    section.read("listen", listen);
    section.check("listen", [&] { static_cast<void>(http::parse_endpoint(listen)); });
}

void read_api(Section section, ApiSettings& settings) {
    read_listen(section, settings.listen);
    section.read("service_tokens_file", settings.service_tokens_file);
    section.read("connections_max", settings.connections_max, {.min = 1, .max = 100'000});
    section.read("request_timeout_ms", settings.request_timeout, any_timeout);
    section.read("threads", settings.threads, {.min = 1, .max = 1'000});
    section.read("waiting_max", settings.waiting_max, {.min = 1, .max = 100'000});
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

}  // namespace

api::ApiSettings server_settings(const ApiSettings& settings) {
    api::ApiSettings api;
    api.server.listen = http::parse_endpoint(settings.listen);
    api.server.connections_max = settings.connections_max;
    api.server.request_timeout = settings.request_timeout;
    api.blocking_threads = settings.threads;
    api.blocking_waiting_max = settings.waiting_max;
    return api;
}

std::unique_ptr<log::Logger> make_logger(const LogSettings& settings, const std::string& program, bool is_for_person) {
    const bool is_console =
        settings.format == LogFormat::automatic ? is_for_person : settings.format == LogFormat::console;
    return log::make_stderr_logger(
        {.level = settings.level, .format = is_console ? log::Format::console : log::Format::json, .program = program});
}

void read_common_sections(Section& root, CommonSettings& settings) {
    read_api(root.section("api"), settings.api);
    Section monitor = root.section("monitor");
    read_listen(monitor, settings.monitor.listen);
    read_log(root.section("log"), settings.log);
}

void check_service_tokens(const CommonSettings& settings, Findings& findings) {
    if (!settings.api.service_tokens_file.empty()) {
        findings.attempt([&] { static_cast<void>(api::ServiceTokens::read(settings.api.service_tokens_file)); });
    }
}

}  // namespace twinfleet::service
