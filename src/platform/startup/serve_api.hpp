#pragma once

#include <functional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "platform/api/api_server.hpp"
#include "platform/http/monitor_server.hpp"
#include "platform/log/logger.hpp"
#include "platform/metrics/registry.hpp"
#include "platform/process/exit_code.hpp"

namespace twinfleet::platform {

struct ServedApi {
    api::ApiSettings settings;
    http::MonitorSettings monitor;
    /// Empty: who needs a service token is not let in, and a warning says so.
    std::string service_tokens_file;
    /// Of all groups of endpoints.
    std::vector<std::vector<api::Route>> routes;
    /// Outlives the call.
    std::string_view openapi;
    metrics::Registry& registry;
    /// What the process needs to serve, asked at /ready.
    std::function<std::vector<http::Check>()> check;
    log::Logger& log;
    std::stop_token stop;
};

/// `serve` of a service that only answers: the API, and probes and metrics beside it, until a stop is asked for.
/// ExitCode::wrong_usage, after having said why, when an address cannot be listened on. Throws config::Error for a
/// wrong file of service tokens.
[[nodiscard]] process::ExitCode serve_api(const ServedApi& api);

}  // namespace twinfleet::platform
