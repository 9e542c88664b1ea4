#include "capabilities/driver_positions/api/erasure_http.hpp"

#include <set>
#include <string>

#include "platform/api/path.hpp"
#include "platform/api/query.hpp"
#include "platform/json/object_reader.hpp"

namespace twinfleet::driver_positions {
namespace {

constexpr std::size_t parks_max = 100;

http::Response erase_driver(const ErasureApi& api, const api::Call& call) {
    const std::string& driver_id = api::id_in_path(call, "id");
    const auto named = json::read_object(call.request.body, [](json::ObjectReader& reader) {
        return reader.texts("park_ids", 0, parks_max, api::id_limits);
    });
    std::set<std::string> parks(named.begin(), named.end());
    if (const auto driver = api.directory.driver(driver_id)) {
        parks.insert(driver->park_id);
    }
    // First, so that nobody goes on adding to what is removed next.
    const std::size_t sessions =
        api.sessions.revoke({.kind = driver_sessions::RevocationTarget::Kind::driver, .id = driver_id});
    std::size_t positions = 0;
    for (const std::string& park : parks) {
        const driver_sessions::DriverKey driver{.park_id = park, .driver_id = driver_id};
        api.statuses.forget(driver);
        const std::string tag = driver_sessions::redis_tag(driver);
        for (const driver_apps::DriverApp& app : api.apps.all()) {
            positions += api.store.erase({.tag = tag, .family = app.family});
        }
    }
    api.log.info("a driver was erased", {{"caller", call.caller},
                                         {"driver_id", driver_id},
                                         {"sessions", sessions},
                                         {"positions", positions},
                                         {"request_id", call.request_id}});
    return http::json_response(200, {{"sessions", sessions}, {"positions", positions}});
}

}  // namespace

std::vector<api::Route> erasure_routes(const ErasureApi& api) {
    return {{.method = "POST",
             .pattern = "/v1/internal/drivers/{id}/erase",
             .handler = api::without_query([&api](const api::Call& call) { return erase_driver(api, call); }),
             .takes_body = true}};
}

}  // namespace twinfleet::driver_positions
