#pragma once

#include <vector>

#include "capabilities/driver_apps/driver_apps.hpp"
#include "capabilities/driver_login/login.hpp"
#include "platform/api/route.hpp"
#include "platform/concurrency/work_queue.hpp"
#include "platform/http/client_address.hpp"
#include "platform/log/logger.hpp"

namespace twinfleet::driver_login {

/// What the endpoints work with; outlives the routes.
struct LoginApi {
    const driver_apps::DriverApps& apps;
    Login& login;
    const http::TrustedProxies& trusted_proxies;
    /// For the choice of a park, which may wait for fleet-synchronizer: that must not keep other requests waiting.
    platform::WorkQueue& park_queue;
    log::Logger& log;
};

/// `POST /v1/login/start`, `/v1/login/verify` and `/v1/login/park` (contract, section 4). A refusal's code is the name
/// of its LoginRefusal; `details.field` says what it is about, and Retry-After how long to wait where that helps. 503
/// `overloaded` when too many wait for a park.
[[nodiscard]] std::vector<api::Route> login_routes(const LoginApi& api);

}  // namespace twinfleet::driver_login
