#include "capabilities/access_control/api/users_http.hpp"

namespace twinfleet::access_control {
namespace {

using api::Call;
using http::Response;

UserId user_in_path(const Call& call) {
    return UserId(id_in_path(call, "id"));
}

Response list_users(const DirectoryApi& api, const Call& call) {
    const ParkId park_id = park_in_path(call);
    return page_response(call, [&](const std::string& after_id, std::size_t count) {
        return api.directory.users(park_id, after_id, count);
    });
}

Response get_user(const DirectoryApi& api, const Call& call) {
    api::refuse_query(call);
    const auto user = api.directory.user(park_in_path(call), user_in_path(call));
    return user ? http::json_response(200, to_json(*user)) : refusal_response(DirectoryRefusal::not_found, "user");
}

Response create_user(const DirectoryApi& api, const Call& call, const ParkId& park_id, ParkWrite write) {
    const auto fields = written_fields(read_new_user(call.request.body), write);
    return result_response(201, api.directory.create_user(park_id, fields), "user");
}

Response replace_user(const DirectoryApi& api, const Call& call, const ParkId& park_id, ParkWrite write) {
    const UserId id = user_in_path(call);
    const auto fields = written_fields(read_replaced_user(call.request.body, park_id, id), write);
    return result_response(200, api.directory.replace_user(park_id, id, fields), "user");
}

Response remove_user(const DirectoryApi& api, const Call& call, const ParkId& park_id, ParkWrite /*write*/) {
    return removed_response(api.directory.remove_user(park_id, user_in_path(call)), "user");
}

Response ensure_user(const DirectoryApi& api, const Call& call) {
    // The park stands in the body; the rest of that waits until it is known who may write there.
    const auto body = json::parse_object(call.request.body);
    const ParkId park_id = read_park_of_account(body);
    const ParkWrite write = park_write(api.child_parks, park_id, call.caller);
    if (write == ParkWrite::refused) {
        return child_park_response();
    }
    api::refuse_query(call);
    const auto fields = written_fields(read_new_account(body), write);
    const auto result = api.directory.ensure_user(park_id, fields, write == ParkWrite::projected);
    if (const auto* refusal = std::get_if<DirectoryRefusal>(&result)) {
        return refusal_response(*refusal, "user");
    }
    const auto& ensured = std::get<PostgresDirectory::Ensured>(result);
    return http::json_response(ensured.is_new ? 201 : 200, to_json(ensured.user));
}

}  // namespace

std::vector<api::Route> user_routes(const DirectoryApi& api) {
    const auto handler = [api](auto handle) {
        return api::BlockingHandler([api, handle](const Call& call) { return handle(api, call); });
    };
    const std::string all = "/v1/parks/{park_id}/users";
    const std::string one = all + "/{id}";
    return {
        {.method = "GET", .pattern = all, .handler = handler(list_users)},
        {.method = "POST", .pattern = all, .handler = writing(api, create_user), .takes_body = true},
        {.method = "GET", .pattern = one, .handler = handler(get_user)},
        {.method = "PUT", .pattern = one, .handler = writing(api, replace_user), .takes_body = true},
        {.method = "DELETE", .pattern = one, .handler = writing(api, remove_user)},
        {.method = "POST", .pattern = "/v1/users", .handler = handler(ensure_user), .takes_body = true},
    };
}

}  // namespace twinfleet::access_control
