#include "capabilities/access_control/api/directory_http.hpp"

#include "platform/api/refusals.hpp"

namespace twinfleet::access_control {

std::string id_in_path(const api::Call& call, std::string_view name) {
    const std::string& id = call.path_argument(name);
    check_text(name, id, id_characters);
    return id;
}

ParkId park_in_path(const api::Call& call) {
    return ParkId(id_in_path(call, "park_id"));
}

ParkWrite park_write(ChildParks& child_parks, const ParkId& park_id, std::string_view caller) {
    if (!child_parks.is_child(park_id)) {
        return ParkWrite::as_asked;
    }
    return caller == mirror_caller ? ParkWrite::projected : ParkWrite::refused;
}

http::Response refuse_write(const DirectoryApi& api, const api::Call& call, const ParkId& park_id) {
    api.log.warning("write into a child park refused", {{"caller", call.caller},
                                                        {"address", call.request.peer_address},
                                                        {"method", call.request.method},
                                                        {"park_id", park_id.value()},
                                                        {"request_id", call.request_id}});
    return http::error_response(403, "child_park_is_read_only",
                                "Users and groups of a child park follow those of its parent; change them there.");
}

void note_change(const DirectoryApi& api, const WriteCall& call, std::string_view event, std::string_view id) {
    // Nobody's phone is logged, also where people are named by theirs.
    const std::string person = json::shown_person(call.author.person);
    api.log.info(event, {{"caller", call.author.caller},
                         {"user", person},
                         {"address", call.call.request.peer_address},
                         {"park_id", call.park_id.value()},
                         {"id", id},
                         {"request_id", call.call.request_id}});
}

http::Response refusal_response(DirectoryRefusal refusal, std::string_view what) {
    switch (refusal) {
        case DirectoryRefusal::not_found:
            return http::error_response(404, std::string(what) + "_not_found",
                                        "There is no such " + std::string(what) + " in this park.");
        case DirectoryRefusal::name_taken:
            return http::error_response(409, "name_taken", "Another group of this park has this name.");
        case DirectoryRefusal::login_taken:
            return http::error_response(409, "login_taken", "Another user of this park has this login.");
        case DirectoryRefusal::group_not_found:
            return http::error_response(409, "group_not_found", "There is no such group in the user's park.",
                                        boost::json::object{{"field", "group_id"}});
        case DirectoryRefusal::group_in_use:
            return http::error_response(409, "group_in_use", "The group has users; give them another one first.");
    }
    return api::internal_error_response();
}

http::Response removed_response(const DirectoryApi& api, const WriteCall& call,
                                const std::optional<DirectoryRefusal>& refusal, std::string_view what,
                                std::string_view event) {
    if (refusal) {
        return refusal_response(*refusal, what);
    }
    note_change(api, call, event, call.call.path_argument("id"));
    return {.status = 204};
}

}  // namespace twinfleet::access_control
