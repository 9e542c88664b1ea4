#include "capabilities/access_control/child_parks/park_source_http.hpp"

#include "platform/errors/store_error.hpp"
#include "platform/json/object_reader.hpp"

namespace twinfleet::access_control {
namespace {

constexpr const char* peer = "fleet-synchronizer";

}  // namespace

bool HttpParkSource::is_child(const ParkId& park_id) const {
    return says_child(client_.request("GET", "/v1/links/parks/" + http::percent_encode(park_id.value())));
}

bool says_child(const http::Response& answer) {
    constexpr int ok = 200;
    if (answer.status != ok) {
        throw platform::StoreUnavailable(peer, "it answered with status " + std::to_string(answer.status));
    }
    try {
        const auto object = json::parse_object(answer.body);
        const auto* role = object.if_contains("role");
        if (role != nullptr && role->is_string()) {
            const std::string_view name = role->get_string();
            if (name == "child") {
                return true;
            }
            if (name == "parent" || name == "unlinked") {
                return false;
            }
        }
    } catch (const json::BadInput&) {
        // No JSON: as good as no role.
    }
    throw platform::StoreUnavailable(peer, "its answer has no role that is known");
}

}  // namespace twinfleet::access_control
