#include "capabilities/driver_sessions/api/driver_call.hpp"

#include <utility>

#include "capabilities/driver_sessions/api/bearer_token.hpp"
#include "platform/api/refusals.hpp"

namespace twinfleet::driver_sessions {
namespace {

http::Response response_to(driver_apps::Refusal refusal) {
    if (refusal == driver_apps::Refusal::update_required) {
        return http::error_response(426, "update_required", "This version of the app is too old; update it.");
    }
    return http::error_response(400, "unknown_app", "The User-Agent names no app that is known here.");
}

}  // namespace

http::Response session_refusal_response(SessionRefusal refusal) {
    switch (refusal) {
        case SessionRefusal::unauthorized:
            return api::unauthorized_response("unauthorized", "A session token is needed.");
        case SessionRefusal::session_ended:
            return api::unauthorized_response("session_ended", "The session has ended; log in again.");
        case SessionRefusal::wrong_app:
            return http::error_response(403, "wrong_app", "This session belongs to another app.");
        case SessionRefusal::unavailable:
            break;
    }
    return api::unavailable_response();
}

api::BlockingHandler with_app(const driver_apps::DriverApps& apps,
                              std::function<http::Response(const api::Call&, const driver_apps::DriverApp&)> handle) {
    return [&apps, handle = std::move(handle)](const api::Call& call) {
        const auto found = apps.find(call.request.header("User-Agent"));
        if (const auto* refusal = std::get_if<driver_apps::Refusal>(&found)) {
            return response_to(*refusal);
        }
        return handle(call, *std::get<const driver_apps::DriverApp*>(found));
    };
}

api::BlockingHandler with_session(const driver_apps::DriverApps& apps, Sessions& sessions,
                                  std::function<http::Response(const api::Call&, const Session&)> handle) {
    return with_app(apps,
                    [&sessions, handle = std::move(handle)](const api::Call& call, const driver_apps::DriverApp& app) {
                        const auto token = bearer_token(call.request.header("Authorization"));
                        if (!token) {
                            return session_refusal_response(SessionRefusal::unauthorized);
                        }
                        const auto found = sessions.find(*token, app.family);
                        if (const auto* refusal = std::get_if<SessionRefusal>(&found)) {
                            return session_refusal_response(*refusal);
                        }
                        return handle(call, std::get<Session>(found));
                    });
}

}  // namespace twinfleet::driver_sessions
