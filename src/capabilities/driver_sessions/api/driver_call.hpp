#pragma once

#include <functional>
#include <optional>
#include <span>
#include <variant>
#include <vector>

#include "capabilities/driver_apps/driver_apps.hpp"
#include "capabilities/driver_sessions/sessions.hpp"
#include "platform/api/route.hpp"
#include "platform/errors/outcome.hpp"

namespace twinfleet::driver_sessions {

/// A handler that finds the session of the token in the request and calls `handle` with it. Requests without a good
/// session are refused before (contract, "driver-protocol"): 400 `unknown_app`, 426 `update_required`, 401
/// `unauthorized` or `session_ended`, 403 `wrong_app`, 503 `unavailable`. `apps` and `sessions` outlive the handler.
/// The access of its route is Access::open, since these tokens are no service tokens.
[[nodiscard]] api::BlockingHandler with_session(const driver_apps::DriverApps& apps, Sessions& sessions,
                                                std::function<http::Response(const api::Call&, const Session&)> handle);

/// What with_session() does before it calls `handle`, for many requests at once: of each its session, or the answer to
/// it, or what finding the session ended in. In the order of `calls`.
using AdmittedSession = std::variant<Session, http::Response>;
[[nodiscard]] std::vector<platform::Outcome<AdmittedSession>> sessions_of(const driver_apps::DriverApps& apps,
                                                                          Sessions& sessions,
                                                                          std::span<const api::Call* const> calls);

/// The same for requests without a session: `handle` is called with the app alone.
[[nodiscard]] api::BlockingHandler with_app(
    const driver_apps::DriverApps& apps,
    std::function<http::Response(const api::Call&, const driver_apps::DriverApp&)> handle);

/// The app that sent the request, or the refusal of a request that no app may send: 400 `unknown_app`, 426
/// `update_required`.
[[nodiscard]] std::variant<const driver_apps::DriverApp*, http::Response> app_of(const driver_apps::DriverApps& apps,
                                                                                 const http::Request& request);

/// What these handlers refuse by the head of a request alone, for Route::admit: admit_app() of with_app(), and
/// admit_session() of with_session(), which is also a token that has not the form of one. `apps` outlives the function.
[[nodiscard]] std::function<std::optional<http::Response>(const http::Request&)> admit_app(
    const driver_apps::DriverApps& apps);
[[nodiscard]] std::function<std::optional<http::Response>(const http::Request&)> admit_session(
    const driver_apps::DriverApps& apps);

/// The answer of with_session() to a refusal; a 401 has the header `WWW-Authenticate`.
[[nodiscard]] http::Response session_refusal_response(SessionRefusal refusal);

}  // namespace twinfleet::driver_sessions
