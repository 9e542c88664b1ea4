#pragma once

#include <functional>
#include <memory>
#include <stop_token>
#include <vector>

#include "apps/access_control/exit_code.hpp"
#include "apps/access_control/settings.hpp"
#include "platform/http/api_server.hpp"
#include "platform/log/logger.hpp"
#include "platform/metrics/registry.hpp"

namespace twinfleet::access_control_app {

struct ServeContext {
    const Settings& settings;
    std::vector<http::Route> routes;
    http::TokenSource tokens;
    metrics::Registry& registry;
    /// What the process needs to serve, asked at /ready.
    std::function<std::vector<http::Check>()> check_stores;
    log::Logger& log;
    std::stop_token stop;
};

/// `serve`: the API, and probes and metrics beside it, until a stop is asked for. ExitCode::wrong_usage, after having
/// said why, when an address cannot be listened on.
[[nodiscard]] ExitCode serve(const ServeContext& context);

}  // namespace twinfleet::access_control_app
