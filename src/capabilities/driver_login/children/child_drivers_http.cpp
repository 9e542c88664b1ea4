#include "capabilities/driver_login/children/child_drivers_http.hpp"

#include <optional>

#include <boost/json/object.hpp>

#include "platform/errors/store_error.hpp"
#include "platform/json/object_reader.hpp"
#include "platform/json/to_text.hpp"

namespace twinfleet::driver_login {
namespace {

std::string text_field(const boost::json::object& object, std::string_view name) {
    const auto* value = object.if_contains(name);
    return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

std::optional<boost::json::object> object_of(const http::Response& answer) {
    try {
        return json::parse_object(answer.body);
    } catch (const json::BadInput&) {
        return std::nullopt;
    }
}

}  // namespace

std::variant<ChildDriver, ChildRefusal> HttpChildDrivers::make(std::string_view family,
                                                               std::string_view parent_driver_id) {
    const std::string body =
        json::to_text(boost::json::object{{"family", family}, {"parent_driver_id", parent_driver_id}});
    http::Response answer;
    try {
        answer = client_.request("POST", "/v1/children/drivers", body);
    } catch (const platform::StoreUnavailable& away) {
        log_.warning("a child driver could not be made", {{"family", family}, {"reason", away.what()}});
        return ChildRefusal::not_now;
    }
    const auto object = object_of(answer).value_or(boost::json::object());
    if (answer.status == 200 || answer.status == 201) {
        ChildDriver child{.driver_id = text_field(object, "driver_id"), .park_id = text_field(object, "park_id")};
        if (!child.driver_id.empty() && !child.park_id.empty()) {
            return child;
        }
    }
    const std::string code = text_field(object, "code");
    if ((answer.status == 409 && code == "driver_not_working") ||
        (answer.status == 404 && code == "driver_not_found")) {
        return ChildRefusal::driver_not_working;
    }
    log_.warning("a child driver could not be made", {{"family", family}, {"status", answer.status}, {"code", code}});
    return ChildRefusal::not_now;
}

}  // namespace twinfleet::driver_login
