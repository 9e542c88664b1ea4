#include "capabilities/access_control/api/users_http.hpp"

namespace twinfleet::access_control {
namespace {

using http::Call;
using http::Response;

UserId user_in_path(const Call& call) {
    return UserId(id_in_path(call, "id"));
}

Response list_users(const DirectoryApi& api, const Call& call) {
    return page_response(api.directory.users(park_in_path(call), read_page_request(call.request.query)));
}

Response get_user(const DirectoryApi& api, const Call& call) {
    const auto user = api.directory.user(park_in_path(call), user_in_path(call));
    return user ? http::json_response(200, to_json(*user)) : refusal_response(DirectoryRefusal::not_found, "user");
}

Response create_user(const DirectoryApi& api, const Call& call) {
    const ParkId park_id = park_in_path(call);
    UserFields fields = read_user_fields(call.request.body, LeftOut::is_default);
    const ParkWrite write = park_write(api.child_parks, park_id, call.caller);
    if (write == ParkWrite::refused) {
        return child_park_response();
    }
    if (write == ParkWrite::projected) {
        fields = read_only_projection(std::move(fields));
    }
    return result_response(201, api.directory.create_user(park_id, fields), "user");
}

Response replace_user(const DirectoryApi& api, const Call& call) {
    const ParkId park_id = park_in_path(call);
    const UserId id = user_in_path(call);
    UserFields fields = read_user_fields(call.request.body, LeftOut::is_refused);
    const ParkWrite write = park_write(api.child_parks, park_id, call.caller);
    if (write == ParkWrite::refused) {
        return child_park_response();
    }
    if (write == ParkWrite::projected) {
        fields = read_only_projection(std::move(fields));
    }
    return result_response(200, api.directory.replace_user(park_id, id, fields), "user");
}

Response remove_user(const DirectoryApi& api, const Call& call) {
    const ParkId park_id = park_in_path(call);
    const UserId id = user_in_path(call);
    if (park_write(api.child_parks, park_id, call.caller) == ParkWrite::refused) {
        return child_park_response();
    }
    const auto refusal = api.directory.remove_user(park_id, id);
    return refusal ? refusal_response(*refusal, "user") : Response{.status = 204};
}

Response ensure_user(const DirectoryApi& api, const Call& call) {
    NewAccount account = read_new_account(call.request.body);
    const ParkWrite write = park_write(api.child_parks, account.park_id, call.caller);
    if (write == ParkWrite::refused) {
        return child_park_response();
    }
    if (write == ParkWrite::projected) {
        account.fields = read_only_projection(std::move(account.fields));
    }
    const auto result = api.directory.ensure_user(account.park_id, account.fields, write == ParkWrite::projected);
    if (const auto* refusal = std::get_if<DirectoryRefusal>(&result)) {
        return refusal_response(*refusal, "user");
    }
    const auto& ensured = std::get<PostgresDirectory::Ensured>(result);
    return http::json_response(ensured.is_new ? 201 : 200, to_json(ensured.user));
}

}  // namespace

std::vector<http::Route> user_routes(const DirectoryApi& api) {
    const auto paged = [api](auto handle) {
        return http::BlockingHandler([api, handle](const Call& call) { return handle(api, call); });
    };
    const auto plain = [paged](auto handle) { return without_query(paged(handle)); };
    const std::string all = "/v1/parks/{park_id}/users";
    const std::string one = all + "/{id}";
    return {
        {.method = "GET", .pattern = all, .handler = paged(list_users)},
        {.method = "POST", .pattern = all, .handler = plain(create_user), .takes_body = true},
        {.method = "GET", .pattern = one, .handler = plain(get_user)},
        {.method = "PUT", .pattern = one, .handler = plain(replace_user), .takes_body = true},
        {.method = "DELETE", .pattern = one, .handler = plain(remove_user)},
        {.method = "POST", .pattern = "/v1/users", .handler = plain(ensure_user), .takes_body = true},
    };
}

}  // namespace twinfleet::access_control
