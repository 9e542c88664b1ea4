#include "capabilities/driver_cache/api/retrieve_http.hpp"

#include <chrono>
#include <string>
#include <utility>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "platform/api/query.hpp"
#include "platform/api/refusals.hpp"
#include "platform/json/nullable.hpp"
#include "platform/json/object_reader.hpp"

namespace twinfleet::driver_cache {
namespace {

constexpr std::size_t ids_max = 1'000;
/// When the next incremental pass will have been tried.
constexpr std::chrono::seconds until_next_pass{1};

boost::json::object to_json(const Driver& driver) {
    return {{"id", driver.id},
            {"park_id", driver.park_id},
            {"first_name", driver.first_name},
            {"last_name", driver.last_name},
            {"phones", boost::json::array(driver.phones.begin(), driver.phones.end())},
            {"license", json::text_or_null(driver.license)},
            {"work_status", name_of(driver.work_status)},
            {"car_id", json::text_or_null(driver.car_id)},
            {"rule_id", json::text_or_null(driver.rule_id)},
            {"parent_driver_id", json::text_or_null(driver.parent_driver_id)}};
}

boost::json::object to_json(const Car& car) {
    return {{"id", car.id},
            {"park_id", car.park_id},
            {"number", car.number},
            {"callsign", car.callsign},
            {"brand", car.brand},
            {"model", car.model},
            {"color", car.color},
            {"status", car.status},
            {"year", car.year == 0 ? boost::json::value(nullptr) : boost::json::value(car.year)}};
}

/// `find(id)`: an optional value, shown as `name`.
template <typename Find>
http::Response retrieve(const FleetDirectory& directory, const api::Call& call, const char* name, Find&& find) {
    const auto ids = json::read_object(call.request.body,
                                       [](json::ObjectReader& reader) { return reader.texts("ids", 1, ids_max); });
    if (directory.is_stale()) {
        return http::error_response(503, "cache_is_stale", "What is in memory may have changed since: try again later.",
                                    api::retry_after(until_next_pass));
    }
    boost::json::array items;
    items.reserve(ids.size());
    for (const std::string& id : ids) {
        boost::json::object item{{"id", id}, {"found", false}};
        if (const auto found = find(id)) {
            item["found"] = true;
            item[name] = to_json(*found);
        }
        items.emplace_back(std::move(item));
    }
    return http::json_response(200, {{"items", std::move(items)}});
}

}  // namespace

std::vector<api::Route> retrieve_routes(const FleetDirectory& directory) {
    const auto drivers = [&directory](const api::Call& call) {
        return retrieve(directory, call, "driver", [&](const std::string& id) { return directory.driver(id); });
    };
    const auto cars = [&directory](const api::Call& call) {
        return retrieve(directory, call, "car", [&](const std::string& id) { return directory.car(id); });
    };
    return {{.method = "POST",
             .pattern = "/v1/internal/drivers/retrieve",
             .handler = api::without_query(drivers),
             .takes_body = true},
            {.method = "POST",
             .pattern = "/v1/internal/cars/retrieve",
             .handler = api::without_query(cars),
             .takes_body = true}};
}

}  // namespace twinfleet::driver_cache
