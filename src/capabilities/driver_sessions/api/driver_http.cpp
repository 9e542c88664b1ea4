#include "capabilities/driver_sessions/api/driver_http.hpp"

#include <boost/json/object.hpp>

#include "capabilities/driver_sessions/api/bearer_token.hpp"
#include "capabilities/driver_sessions/api/driver_call.hpp"
#include "capabilities/driver_sessions/standing.hpp"
#include "platform/api/query.hpp"
#include "platform/api/refusals.hpp"
#include "platform/json/nullable.hpp"
#include "platform/json/object_reader.hpp"

namespace twinfleet::driver_sessions {
namespace {

using api::Call;
using http::Response;

Response status_response(DriverStatus status) {
    return http::json_response(200, {{"status", name_of(status)}});
}

DriverStatus read_status(std::string_view body) {
    const auto status =
        json::read_object(body, [](json::ObjectReader& reader) { return parse_driver_status(reader.text("status")); });
    if (!status) {
        throw json::BadInput("status", "expected `offline`, `busy` or `free`");
    }
    return *status;
}

boost::json::value car_json(const std::optional<driver_cache::Car>& car) {
    if (!car) {
        return nullptr;
    }
    return boost::json::object{{"id", car->id},
                               {"number", car->number},
                               {"callsign", car->callsign},
                               {"brand", car->brand},
                               {"model", car->model},
                               {"color", car->color},
                               {"year", car->year == 0 ? boost::json::value(nullptr) : boost::json::value(car->year)}};
}

Response not_ready_response(std::chrono::milliseconds ready_in) {
    return http::error_response(404, "profile_not_ready", "The profile is not ready yet.", api::retry_after(ready_in));
}

Response profile_response(const driver_cache::FleetDirectory& directory, driver_cache::Newcomers& newcomers,
                          const Session& session) {
    const auto find = [&] {
        return driver_cache::profile_of(directory, session.driver.park_id, session.driver.driver_id);
    };
    auto profile = find();
    // Another replica may have made him a moment ago. Of one who has been here for longer, a car that is not found does
    // not exist.
    const auto complete_until = directory.complete_until();
    const bool may_be_new = !complete_until || *complete_until <= session.created_at + clock_skew_max;
    if ((!profile || (!profile->is_whole() && may_be_new)) && newcomers.look_for(session.driver.driver_id)) {
        profile = find();
    }
    if (!profile) {
        return not_ready_response(directory.ready_in());
    }
    const auto& [driver, park, car] = *profile;
    return http::json_response(200, {{"driver_id", driver.id},
                                     {"park_id", driver.park_id},
                                     {"family", session.family},
                                     {"first_name", driver.first_name},
                                     {"last_name", driver.last_name},
                                     {"work_status", name_of(driver.work_status)},
                                     {"car", car_json(car)},
                                     {"rule_id", json::text_or_null(driver.rule_id)},
                                     {"park", {{"name", park.name}, {"city_id", park.city_id}}}});
}

}  // namespace

std::vector<api::Route> driver_routes(const DriverApi& api) {
    const auto route = [&api](const char* method, const char* pattern,
                              std::function<Response(const Call&, const Session&)> handle, bool takes_body = false) {
        const auto without_query = [handle = std::move(handle)](const Call& call, const Session& session) {
            api::refuse_query(call);
            return handle(call, session);
        };
        return api::Route{.method = method,
                          .pattern = pattern,
                          .handler = with_session(api.apps, api.sessions, without_query),
                          .access = api::Route::Access::open,
                          .takes_body = takes_body,
                          .admit = admit_session(api.apps)};
    };
    const auto get_status = [&statuses = api.statuses](const Call& /*call*/, const Session& session) {
        return status_response(statuses.get(session.driver));
    };
    const auto put_status = [&statuses = api.statuses](const Call& call, const Session& session) {
        const auto status = read_status(call.request.body);
        return statuses.set(session, status) ? status_response(status)
                                             : session_refusal_response(SessionRefusal::session_ended);
    };
    const auto get_profile = [&directory = api.directory, &newcomers = api.newcomers](const Call& /*call*/,
                                                                                      const Session& session) {
        return profile_response(directory, newcomers, session);
    };
    const auto log_out = [&sessions = api.sessions](const Call& call, const Session& /*session*/) {
        sessions.end(bearer_token(call.request.header("Authorization")).value());
        return Response{.status = 204};
    };
    return {route("GET", "/v1/driver/status", get_status), route("PUT", "/v1/driver/status", put_status, true),
            route("GET", "/v1/driver/profile", get_profile), route("POST", "/v1/logout", log_out)};
}

}  // namespace twinfleet::driver_sessions
