#pragma once

#include <functional>

#include "capabilities/driver_apps/driver_apps.hpp"
#include "capabilities/driver_sessions/sessions.hpp"
#include "platform/api/route.hpp"

namespace twinfleet::driver_sessions {

/// Calls `handle` with the session that the request shows. Refuses before (contract, "driver-protocol"): 400
/// `unknown_app`, 426 `update_required`, 401 `unauthorized` or `session_ended`, 403 `wrong_app`, 503 `unavailable`.
/// `apps` and `sessions` must outlive the handler, whose route is Access::open.
[[nodiscard]] api::BlockingHandler with_session(const driver_apps::DriverApps& apps, Sessions& sessions,
                                                std::function<http::Response(const api::Call&, const Session&)> handle);

/// The same without a session: only the app is known.
[[nodiscard]] api::BlockingHandler with_app(
    const driver_apps::DriverApps& apps,
    std::function<http::Response(const api::Call&, const driver_apps::DriverApp&)> handle);

/// What with_session answers to a refusal; with `WWW-Authenticate` where it is a 401.
[[nodiscard]] http::Response session_refusal_response(SessionRefusal refusal);

}  // namespace twinfleet::driver_sessions
