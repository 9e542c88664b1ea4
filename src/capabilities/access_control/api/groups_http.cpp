#include "capabilities/access_control/api/groups_http.hpp"

namespace twinfleet::access_control {
namespace {

using http::Call;
using http::Response;

GroupId group_in_path(const Call& call) {
    return GroupId(id_in_path(call, "id"));
}

Response list_groups(const DirectoryApi& api, const Call& call) {
    return page_response(api.directory.groups(park_in_path(call), read_page_request(call.request.query)));
}

Response get_group(const DirectoryApi& api, const Call& call) {
    const auto group = api.directory.group(park_in_path(call), group_in_path(call));
    return group ? http::json_response(200, to_json(*group)) : refusal_response(DirectoryRefusal::not_found, "group");
}

Response create_group(const DirectoryApi& api, const Call& call) {
    const ParkId park_id = park_in_path(call);
    GroupFields fields = read_group_fields(call.request.body, LeftOut::is_default);
    const ParkWrite write = park_write(api.child_parks, park_id, call.caller);
    if (write == ParkWrite::refused) {
        return child_park_response();
    }
    if (write == ParkWrite::projected) {
        fields = read_only_projection(std::move(fields));
    }
    return result_response(201, api.directory.create_group(park_id, fields), "group");
}

Response replace_group(const DirectoryApi& api, const Call& call) {
    const ParkId park_id = park_in_path(call);
    const GroupId id = group_in_path(call);
    GroupFields fields = read_group_fields(call.request.body, LeftOut::is_refused);
    const ParkWrite write = park_write(api.child_parks, park_id, call.caller);
    if (write == ParkWrite::refused) {
        return child_park_response();
    }
    if (write == ParkWrite::projected) {
        fields = read_only_projection(std::move(fields));
    }
    return result_response(200, api.directory.replace_group(park_id, id, fields), "group");
}

Response remove_group(const DirectoryApi& api, const Call& call) {
    const ParkId park_id = park_in_path(call);
    const GroupId id = group_in_path(call);
    if (park_write(api.child_parks, park_id, call.caller) == ParkWrite::refused) {
        return child_park_response();
    }
    const auto refusal = api.directory.remove_group(park_id, id);
    return refusal ? refusal_response(*refusal, "group") : Response{.status = 204};
}

}  // namespace

std::vector<http::Route> group_routes(const DirectoryApi& api) {
    const auto paged = [api](auto handle) {
        return http::BlockingHandler([api, handle](const Call& call) { return handle(api, call); });
    };
    const auto plain = [paged](auto handle) { return without_query(paged(handle)); };
    const std::string all = "/v1/parks/{park_id}/groups";
    const std::string one = all + "/{id}";
    return {
        {.method = "GET", .pattern = all, .handler = paged(list_groups)},
        {.method = "POST", .pattern = all, .handler = plain(create_group), .takes_body = true},
        {.method = "GET", .pattern = one, .handler = plain(get_group)},
        {.method = "PUT", .pattern = one, .handler = plain(replace_group), .takes_body = true},
        {.method = "DELETE", .pattern = one, .handler = plain(remove_group)},
    };
}

}  // namespace twinfleet::access_control
