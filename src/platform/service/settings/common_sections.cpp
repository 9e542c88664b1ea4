#include "platform/service/settings/common_sections.hpp"

#include <algorithm>
#include <cstdint>

#include "platform/api/service_tokens.hpp"
#include "platform/http/endpoint.hpp"
#include "platform/process/resources.hpp"

namespace twinfleet::service {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// Services are few.
constexpr std::size_t internal_connections_max = 256;
/// Files, logs, and what libraries keep open.
constexpr std::size_t other_descriptors = 64;

std::size_t internal_connections_of(const ApiSettings& settings) {
    return settings.internal_listen.empty() ? 0 : std::min(settings.connections_max, internal_connections_max);
}

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
    constexpr std::size_t mebibyte = std::size_t{1} << 20;
    section.read("bodies_bytes_max", settings.bodies_bytes_max, {.min = 2 * mebibyte, .max = 65'536 * mebibyte});
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
    api.server.bodies_bytes_max = settings.bodies_bytes_max;
    if (!settings.internal_listen.empty()) {
        api.internal = api.server;
        api.internal->listen = http::parse_endpoint(settings.internal_listen);
        api.internal->connections_max = internal_connections_of(settings);
    }
    api.trusted_proxies = settings.trusted_proxies;
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

std::size_t ApiSettings::all_connections_max() const {
    return connections_max + internal_connections_of(*this);
}

void read_internal_listen(Section api, ApiSettings& settings) {
    api.read("internal_listen", settings.internal_listen);
    api.check("internal_listen", [&] {
        if (!settings.internal_listen.empty()) {
            static_cast<void>(http::parse_endpoint(settings.internal_listen));
        }
    });
}

void check_descriptors(const CommonSettings& settings, std::size_t pool_connections, Findings& findings) {
    const std::uint64_t needed =
        settings.api.all_connections_max() + settings.monitor.connections_max + pool_connections + other_descriptors;
    const std::uint64_t limit = process::descriptor_limit_max();
    if (needed > limit) {
        findings.refuse("api.connections_max",
                        "expected no more connections than the system allows: all that there may be take " +
                            std::to_string(needed) + " descriptors, and the limit is " + std::to_string(limit) +
                            " (ulimit -Hn, LimitNOFILE= of a systemd unit)");
    }
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
