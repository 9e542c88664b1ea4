#include "capabilities/access_control/api/directory_http.hpp"

#include <charconv>

namespace twinfleet::access_control {
namespace {

constexpr std::size_t page_limit_max = 1'000;

std::size_t read_limit(std::string_view text) {
    std::size_t limit = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), limit);
    if (error != std::errc() || end != text.data() + text.size() || limit < 1 || limit > page_limit_max) {
        throw json::BadInput("limit", "expected a whole number from 1 to " + std::to_string(page_limit_max));
    }
    return limit;
}

}  // namespace

std::string id_in_path(const http::Call& call, std::string_view name) {
    const std::string& id = call.path_argument(name);
    check_text(name, id, id_characters);
    return id;
}

ParkId park_in_path(const http::Call& call) {
    return ParkId(id_in_path(call, "park_id"));
}

http::BlockingHandler without_query(http::BlockingHandler handle) {
    return [handle = std::move(handle)](const http::Call& call) {
        static_cast<void>(http::read_query(call.request.query, {}));
        return handle(call);
    };
}

PageRequest read_page_request(std::string_view query) {
    PageRequest request;
    for (auto& [name, value] : http::read_query(query, {"cursor", "limit"})) {
        if (name == "limit") {
            request.limit = read_limit(value);
        } else {
            check_text(name, value, {.min = 0, .max = id_characters_max});
            request.after_id = value;
        }
    }
    return request;
}

ParkWrite park_write(ChildParks& child_parks, const ParkId& park_id, std::string_view caller) {
    if (!child_parks.is_child(park_id)) {
        return ParkWrite::as_asked;
    }
    return caller == mirror_caller ? ParkWrite::projected : ParkWrite::refused;
}

http::Response child_park_response() {
    return http::error_response(403, "child_park_is_read_only",
                                "Users and groups of a child park follow those of its parent; change them there.");
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
    return http::error_response(500, "internal", "The request could not be answered.");
}

}  // namespace twinfleet::access_control
