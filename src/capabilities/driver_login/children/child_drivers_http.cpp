#include "capabilities/driver_login/children/child_drivers_http.hpp"

#include "platform/errors/store_error.hpp"

namespace twinfleet::driver_login {

std::variant<ChildDriver, ChildRefusal> HttpChildDrivers::make(std::string_view family,
                                                               std::string_view parent_driver_id) {
    using clients::ChildDriverRefusal;
    constexpr auto event = "a child driver could not be made";
    try {
        auto made = synchronizer_.create_child_driver(family, parent_driver_id);
        if (auto* child = std::get_if<clients::ChildDriver>(&made)) {
            return ChildDriver{.driver_id = std::move(child->driver_id), .park_id = std::move(child->park_id)};
        }
        const auto refusal = std::get<ChildDriverRefusal>(made);
        if (refusal == ChildDriverRefusal::driver_not_working || refusal == ChildDriverRefusal::driver_not_found) {
            return ChildRefusal::driver_not_working;
        }
        log_.warning(event, {{"family", family}, {"code", to_string(refusal)}});
    } catch (const platform::StoreUnavailable& away) {
        log_.warning(event, {{"family", family}, {"reason", away.what()}});
    } catch (const platform::StoreRefused& refused) {
        // A token, say, that fleet-synchronizer does not know: it may be mended without the driver, who tries again.
        log_.warning(event, {{"family", family}, {"reason", refused.what()}});
    }
    return ChildRefusal::not_now;
}

}  // namespace twinfleet::driver_login
