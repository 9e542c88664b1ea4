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

Response create_user(const DirectoryApi& api, const WriteCall& call) {
    const auto fields = written_fields(read_new_user(call.call.request.body), call.write);
    return result_response(api, call, 201, api.directory.create_user(call.author, call.park_id, fields), "user",
                           "user created");
}

Response replace_user(const DirectoryApi& api, const WriteCall& call) {
    const auto id = user_in_path(call.call);
    const auto fields = written_fields(read_replaced_user(call.call.request.body, call.park_id, id), call.write);
    return result_response(api, call, 200, api.directory.replace_user(call.author, call.park_id, id, fields), "user",
                           "user changed");
}

Response remove_user(const DirectoryApi& api, const WriteCall& call) {
    return removed_response(api, call, api.directory.remove_user(call.author, call.park_id, user_in_path(call.call)),
                            "user", "user removed");
}

Response ensure_user(const DirectoryApi& api, const Call& call) {
    // The park stands in the body; the rest of that waits until it is known who may write there.
    const auto body = json::parse_object(call.request.body);
    const ParkId park_id = read_park_of_account(body);
    const ParkWrite write = park_write(api.child_parks, park_id, call.caller);
    if (write == ParkWrite::refused) {
        return refuse_write(api, call, park_id);
    }
    api::refuse_query(call);
    const WriteCall written{call, park_id, write, author_of(call)};
    const auto fields = written_fields(read_new_account(body), write);
    const auto result = api.directory.ensure_user(written.author, park_id, fields, write == ParkWrite::projected);
    if (const auto* refusal = std::get_if<DirectoryRefusal>(&result)) {
        return refusal_response(*refusal, "user");
    }
    const auto& ensured = std::get<PostgresDirectory::Ensured>(result);
    if (ensured.is_new) {
        note_change(api, written, "user created", ensured.user.id.value());
    }
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
