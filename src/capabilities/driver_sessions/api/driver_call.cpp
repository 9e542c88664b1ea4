#include "capabilities/driver_sessions/api/driver_call.hpp"

#include <utility>

#include "capabilities/driver_sessions/api/bearer_token.hpp"
#include "capabilities/driver_sessions/token.hpp"
#include "platform/api/refusals.hpp"

namespace twinfleet::driver_sessions {
namespace {

/// The token that the request shows, in the app that sends it; or the answer to one without.
std::variant<ShownToken, http::Response> token_of(const driver_apps::DriverApps& apps, const http::Request& request) {
    auto app = app_of(apps, request);
    if (auto* refusal = std::get_if<http::Response>(&app)) {
        return std::move(*refusal);
    }
    const auto token = bearer_token(request.header("Authorization"));
    if (!token) {
        return session_refusal_response(SessionRefusal::unauthorized);
    }
    return ShownToken{.token = *token, .family = std::get<const driver_apps::DriverApp*>(app)->family};
}

AdmittedSession session_or_answer(const api::Call& call, FoundSession found) {
    if (const auto* refusal = std::get_if<SessionRefusal>(&found)) {
        return session_refusal_response(*refusal);
    }
    auto& session = std::get<Session>(found);
    call.note("park_id", session.driver.park_id);
    call.note("driver_id", session.driver.driver_id);
    return std::move(session);
}

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
        const auto app = app_of(apps, call.request);
        if (const auto* refusal = std::get_if<http::Response>(&app)) {
            return *refusal;
        }
        return handle(call, *std::get<const driver_apps::DriverApp*>(app));
    };
}

std::variant<const driver_apps::DriverApp*, http::Response> app_of(const driver_apps::DriverApps& apps,
                                                                   const http::Request& request) {
    const auto found = apps.find(request.header("User-Agent"));
    if (const auto* refusal = std::get_if<driver_apps::Refusal>(&found)) {
        return response_to(*refusal);
    }
    return std::get<const driver_apps::DriverApp*>(found);
}

std::function<std::optional<http::Response>(const http::Request&)> admit_app(const driver_apps::DriverApps& apps) {
    return [&apps](const http::Request& request) -> std::optional<http::Response> {
        const auto app = app_of(apps, request);
        const auto* refusal = std::get_if<http::Response>(&app);
        return refusal == nullptr ? std::nullopt : std::optional(*refusal);
    };
}

std::function<std::optional<http::Response>(const http::Request&)> admit_session(const driver_apps::DriverApps& apps) {
    return [admit = admit_app(apps)](const http::Request& request) {
        auto refusal = admit(request);
        const auto token = bearer_token(request.header("Authorization"));
        if (!refusal && (!token || !tag_of_token(*token))) {
            refusal = session_refusal_response(SessionRefusal::unauthorized);
        }
        return refusal;
    };
}

std::vector<platform::Outcome<AdmittedSession>> sessions_of(const driver_apps::DriverApps& apps, Sessions& sessions,
                                                            std::span<const api::Call* const> calls) {
    std::vector<platform::Outcome<AdmittedSession>> admitted;
    admitted.reserve(calls.size());
    std::vector<std::size_t> places;
    std::vector<ShownToken> tokens;
    for (const api::Call* call : calls) {
        auto shown = token_of(apps, call->request);
        if (auto* refusal = std::get_if<http::Response>(&shown)) {
            admitted.emplace_back(std::move(*refusal));
            continue;
        }
        places.push_back(admitted.size());
        tokens.push_back(std::get<ShownToken>(shown));
        admitted.emplace_back(Session{});
    }
    auto found = sessions.find_each(tokens);
    for (std::size_t i = 0; i < places.size(); ++i) {
        if (const auto* failure = found[i].failure()) {
            admitted[places[i]] = *failure;
        } else {
            admitted[places[i]] = session_or_answer(*calls[places[i]], std::move(found[i]).value());
        }
    }
    return admitted;
}

api::BlockingHandler with_session(const driver_apps::DriverApps& apps, Sessions& sessions,
                                  std::function<http::Response(const api::Call&, const Session&)> handle) {
    return [&apps, &sessions, handle = std::move(handle)](const api::Call& call) {
        auto shown = token_of(apps, call.request);
        if (auto* refusal = std::get_if<http::Response>(&shown)) {
            return std::move(*refusal);
        }
        const auto [token, family] = std::get<ShownToken>(shown);
        auto admitted = session_or_answer(call, sessions.find(token, family));
        if (auto* refusal = std::get_if<http::Response>(&admitted)) {
            return std::move(*refusal);
        }
        return handle(call, std::get<Session>(admitted));
    };
}

}  // namespace twinfleet::driver_sessions
