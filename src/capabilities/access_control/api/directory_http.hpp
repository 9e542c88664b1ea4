#pragma once

#include <string_view>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "capabilities/access_control/api/directory_json.hpp"
#include "capabilities/access_control/child_parks/child_parks.hpp"
#include "capabilities/access_control/directory/directory_postgres.hpp"
#include "platform/http/api_server.hpp"

/// What the endpoints of groups and users have in common.
namespace twinfleet::access_control {

/// What they work with; outlives the routes.
struct DirectoryApi {
    PostgresDirectory& directory;
    ChildParks& child_parks;
};

/// The name of the service token that may write into child parks (contract, section 4).
inline constexpr std::string_view mirror_caller = "synchronizer";

/// A part of the path as an id. Throws json::BadInput for what cannot be one.
[[nodiscard]] std::string id_in_path(const http::Call& call, std::string_view name);
[[nodiscard]] ParkId park_in_path(const http::Call& call);

/// The handler of an endpoint without parameters: any is refused.
[[nodiscard]] http::BlockingHandler without_query(http::BlockingHandler handle);
/// `?cursor=&limit=`. Throws json::BadInput.
[[nodiscard]] PageRequest read_page_request(std::string_view query);

template <typename Item>
[[nodiscard]] http::Response page_response(const Page<Item>& page) {
    boost::json::array items;
    items.reserve(page.items.size());
    for (const Item& item : page.items) {
        items.emplace_back(to_json(item));
    }
    boost::json::value next_cursor(nullptr);
    if (page.has_more) {
        next_cursor = page.items.back().id.value();
    }
    return http::json_response(200, {{"items", std::move(items)}, {"next_cursor", std::move(next_cursor)}});
}

/// Who may write into a park.
enum class ParkWrite { as_asked, projected, refused };
[[nodiscard]] ParkWrite park_write(ChildParks& child_parks, const ParkId& park_id, std::string_view caller);
[[nodiscard]] http::Response child_park_response();

/// The answer that tells a refusal; `what`: `group` or `user`, the one that was asked for.
[[nodiscard]] http::Response refusal_response(DirectoryRefusal refusal, std::string_view what);

/// The object, or the refusal.
template <typename Value>
[[nodiscard]] http::Response result_response(int status, const DirectoryResult<Value>& result, std::string_view what) {
    if (const auto* refusal = std::get_if<DirectoryRefusal>(&result)) {
        return refusal_response(*refusal, what);
    }
    return http::json_response(status, to_json(std::get<Value>(result)));
}

}  // namespace twinfleet::access_control
