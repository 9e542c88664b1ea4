#pragma once

#include <vector>

#include "capabilities/driver_apps/driver_apps.hpp"
#include "capabilities/driver_login/login.hpp"
#include "platform/api/route.hpp"
#include "platform/concurrency/work_queue.hpp"
#include "platform/http/client_address.hpp"
#include "platform/log/logger.hpp"

namespace twinfleet::driver_login {

/// What the endpoints of the log-in work with; outlives the routes.
struct LoginApi {
    const driver_apps::DriverApps& apps;
    Login& login;
    const http::TrustedProxies& trusted_proxies;
    /// The threads for the choice of a park. A choice that needs no child to be made ends on one of them.
    platform::WorkQueue& park_queue;
    /// The threads for choices that wait for fleet-synchronizer, which must keep nobody else waiting meanwhile.
    platform::WorkQueue& child_queue;
    log::Logger& log;
};

/// The routes `POST /v1/login/start`, `/v1/login/verify` and `/v1/login/park` (contract, section 4). The code of a
/// refusal is the name of its LoginRefusal. `details.field` names the field that is to blame, and Retry-After says how
/// long to wait where waiting helps. A right code is answered with the header X-Device-Token; an app that shows it with
/// further calls of the first two has limits of its own (LoginLimits). When too many choices of a park are waiting, the
/// answer is 503 `overloaded`.
[[nodiscard]] std::vector<api::Route> login_routes(const LoginApi& api);

}  // namespace twinfleet::driver_login
