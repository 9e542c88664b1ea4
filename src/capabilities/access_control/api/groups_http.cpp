#include "capabilities/access_control/api/groups_http.hpp"

namespace twinfleet::access_control {
namespace {

using api::Call;
using http::Response;

GroupId group_in_path(const Call& call) {
    return GroupId(id_in_path(call, "id"));
}

Response list_groups(const DirectoryApi& api, const Call& call) {
    const ParkId park_id = park_in_path(call);
    return page_response(call, [&](const std::string& after_id, std::size_t count) {
        return api.directory.groups(park_id, after_id, count);
    });
}

Response get_group(const DirectoryApi& api, const Call& call) {
    api::refuse_query(call);
    const auto group = api.directory.group(park_in_path(call), group_in_path(call));
    return group ? http::json_response(200, to_json(*group)) : refusal_response(DirectoryRefusal::not_found, "group");
}

Response create_group(const DirectoryApi& api, const WriteCall& call) {
    const auto fields = written_fields(read_new_group(call.call.request.body), call.write);
    return result_response(api, call, 201, api.directory.create_group(call.author, call.park_id, fields), "group",
                           "group created");
}

Response replace_group(const DirectoryApi& api, const WriteCall& call) {
    const auto id = group_in_path(call.call);
    const auto fields = written_fields(read_replaced_group(call.call.request.body, call.park_id, id), call.write);
    return result_response(api, call, 200, api.directory.replace_group(call.author, call.park_id, id, fields), "group",
                           "group changed");
}

Response remove_group(const DirectoryApi& api, const WriteCall& call) {
    return removed_response(api, call, api.directory.remove_group(call.author, call.park_id, group_in_path(call.call)),
                            "group", "group removed");
}

}  // namespace

std::vector<api::Route> group_routes(const DirectoryApi& api) {
    const auto handler = [api](auto handle) {
        return api::BlockingHandler([api, handle](const Call& call) { return handle(api, call); });
    };
    const std::string all = "/v1/parks/{park_id}/groups";
    const std::string one = all + "/{id}";
    return {
        {.method = "GET", .pattern = all, .handler = handler(list_groups)},
        {.method = "POST", .pattern = all, .handler = writing(api, create_group), .takes_body = true},
        {.method = "GET", .pattern = one, .handler = handler(get_group)},
        {.method = "PUT", .pattern = one, .handler = writing(api, replace_group), .takes_body = true},
        {.method = "DELETE", .pattern = one, .handler = writing(api, remove_group)},
    };
}

}  // namespace twinfleet::access_control
