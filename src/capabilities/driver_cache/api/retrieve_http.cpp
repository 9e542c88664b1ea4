#include "capabilities/driver_cache/api/retrieve_http.hpp"

#include <functional>
#include <string>
#include <utility>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "platform/json/object_reader.hpp"

namespace twinfleet::driver_cache {
namespace {

constexpr std::size_t ids_max = 1'000;
/// When the next incremental pass will have been tried.
constexpr const char* retry_after_s = "1";

boost::json::value text_or_null(const std::string& text) {
    return text.empty() ? boost::json::value(nullptr) : boost::json::value(text);
}

std::string_view name_of(WorkStatus status) {
    switch (status) {
        case WorkStatus::working:
            return "working";
        case WorkStatus::not_working:
            return "not_working";
        case WorkStatus::fired:
            return "fired";
        case WorkStatus::other:
            break;
    }
    return "other";
}

boost::json::object to_json(const Driver& driver) {
    return {{"id", driver.id},
            {"park_id", driver.park_id},
            {"first_name", driver.first_name},
            {"last_name", driver.last_name},
            {"phones", boost::json::array(driver.phones.begin(), driver.phones.end())},
            {"license", text_or_null(driver.license)},
            {"work_status", name_of(driver.work_status)},
            {"car_id", text_or_null(driver.car_id)},
            {"rule_id", text_or_null(driver.rule_id)},
            {"parent_driver_id", text_or_null(driver.parent_driver_id)}};
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
http::Response retrieve(const FleetDirectory& directory, const http::Call& call, const char* name, Find&& find) {
    static_cast<void>(http::read_query(call.request.query, {}));
    const auto object = json::parse_object(call.request.body);
    json::ObjectReader reader(object);
    const auto ids = reader.texts("ids", 1, ids_max);
    reader.finish();
    if (directory.is_stale()) {
        return http::error_response(503, "cache_is_stale", "What is in memory may have changed since: try again later.",
                                    {{"Retry-After", retry_after_s}});
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

std::vector<http::Route> retrieve_routes(const FleetDirectory& directory) {
    const auto drivers = [&directory](const http::Call& call) {
        return retrieve(directory, call, "driver", [&](const std::string& id) { return directory.driver(id); });
    };
    const auto cars = [&directory](const http::Call& call) {
        return retrieve(directory, call, "car", [&](const std::string& id) { return directory.car(id); });
    };
    return {{.method = "POST",
             .pattern = "/v1/internal/drivers/retrieve",
             .handler = http::BlockingHandler(drivers),
             .takes_body = true},
            {.method = "POST",
             .pattern = "/v1/internal/cars/retrieve",
             .handler = http::BlockingHandler(cars),
             .takes_body = true}};
}

}  // namespace twinfleet::driver_cache
