#include "capabilities/driver_positions/api/nearby_http.hpp"

#include <algorithm>
#include <cmath>

#include "platform/api/query.hpp"
#include "platform/clock/time_text.hpp"
#include "platform/json/object_reader.hpp"

namespace twinfleet::driver_positions {
namespace {

using driver_sessions::DriverStatus;

constexpr std::size_t statuses_max = 3;

double read_degrees(json::ObjectReader& reader, std::string_view name, double max) {
    const double degrees = reader.number(name);
    if (std::abs(degrees) > max) {
        throw json::BadInput(std::string(name), "expected degrees of WGS 84");
    }
    return degrees;
}

std::string read_family(json::ObjectReader& reader, const driver_apps::DriverApps& apps) {
    std::string family = reader.text("family");
    if (std::ranges::none_of(apps.all(), [&](const driver_apps::DriverApp& app) { return app.family == family; })) {
        throw json::BadInput("family", "expected an app family that is configured");
    }
    return family;
}

std::vector<DriverStatus> read_statuses(json::ObjectReader& reader) {
    const auto names = reader.optional_texts("statuses", 1, statuses_max);
    if (!names) {
        return {DriverStatus::free};
    }
    std::vector<DriverStatus> statuses;
    for (const std::string& name : *names) {
        const auto status = driver_sessions::parse_driver_status(name);
        if (!status) {
            throw json::BadInput("statuses", "expected offline, busy or free");
        }
        statuses.push_back(*status);
    }
    return statuses;
}

boost::json::object to_json(const NearbyDriver& driver) {
    return {{"driver_id", driver.driver.driver_id},
            {"park_id", driver.driver.park_id},
            {"lat", driver.point.lat},
            {"lon", driver.point.lon},
            {"timestamp", platform::time_text(platform::Time(std::chrono::milliseconds(driver.timestamp_ms)))},
            {"distance_m", driver.distance_m},
            {"status", driver_sessions::name_of(driver.status)}};
}

http::Response find_nearby(const NearbyApi& api, const api::Call& call) {
    const NearbyQuery query = read_nearby_query(call.request.body, api.apps, api.settings);
    boost::json::array drivers;
    for (const NearbyDriver& driver : api.drivers.find(query, api.clock.now())) {
        drivers.emplace_back(to_json(driver));
    }
    return http::json_response(200, {{"drivers", std::move(drivers)}});
}

}  // namespace

NearbyQuery read_nearby_query(std::string_view body, const driver_apps::DriverApps& apps,
                              const PositionSettings& settings) {
    return json::read_object(body, [&](json::ObjectReader& reader) {
        NearbyQuery query{.family = read_family(reader, apps)};
        query.circle.centre = {.lat = read_degrees(reader, "lat", 90), .lon = read_degrees(reader, "lon", 180)};
        query.circle.radius_m = reader.number("radius_m");
        if (!(query.circle.radius_m > 0) || query.circle.radius_m > settings.nearby_radius_m_max) {
            throw json::BadInput("radius_m", "expected metres, more than 0 and at most " +
                                                 std::to_string(std::llround(settings.nearby_radius_m_max)));
        }
        query.limit = static_cast<std::size_t>(
            reader.optional_integer("limit", 1, static_cast<std::int64_t>(settings.nearby_limit_max))
                .value_or(static_cast<std::int64_t>(settings.nearby_limit_default)));
        query.statuses = read_statuses(reader);
        return query;
    });
}

std::vector<api::Route> nearby_routes(const NearbyApi& api) {
    return {{.method = "POST",
             .pattern = "/v1/internal/drivers/nearby",
             .handler = api::without_query([api](const api::Call& call) { return find_nearby(api, call); }),
             .takes_body = true}};
}

}  // namespace twinfleet::driver_positions
