#pragma once

#include <string>
#include <string_view>

#include <boost/json/object.hpp>

#include "capabilities/access_control/api/directory_json.hpp"
#include "capabilities/access_control/child_parks/child_parks.hpp"
#include "capabilities/access_control/directory/directory_postgres.hpp"
#include "platform/api/paging.hpp"
#include "platform/api/query.hpp"
#include "platform/api/route.hpp"

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
[[nodiscard]] std::string id_in_path(const api::Call& call, std::string_view name);
[[nodiscard]] ParkId park_in_path(const api::Call& call);

/// Who may write into a park.
enum class ParkWrite { as_asked, projected, refused };
[[nodiscard]] ParkWrite park_write(ChildParks& child_parks, const ParkId& park_id, std::string_view caller);
/// 403 `child_park_is_read_only`.
[[nodiscard]] http::Response child_park_response();

/// The handler of a write into the park that the path names. Who may not write there is refused before anything else of
/// the request is looked at; then `handle(api, call, park_id, write)` is called, unless there are parameters.
template <typename Handle>
[[nodiscard]] api::BlockingHandler writing(const DirectoryApi& api, const Handle& handle) {
    return [api, handle](const api::Call& call) {
        const ParkId park_id = park_in_path(call);
        const ParkWrite write = park_write(api.child_parks, park_id, call.caller);
        if (write == ParkWrite::refused) {
            return child_park_response();
        }
        api::refuse_query(call);
        return handle(api, call, park_id, write);
    };
}

/// What is written of `fields`: all, or what may stand in a child park.
template <typename Fields>
[[nodiscard]] Fields written_fields(Fields fields, ParkWrite write) {
    return write == ParkWrite::projected ? read_only_projection(std::move(fields)) : std::move(fields);
}

/// The answer to `?cursor=&limit=`. `list(after_id, count)` returns the first `count` items in order of id. Throws
/// json::BadInput.
template <typename List>
[[nodiscard]] http::Response page_response(const api::Call& call, const List& list) {
    const api::Query query(call, {"cursor", "limit"});
    const std::string* cursor = query.find("cursor");
    if (cursor != nullptr) {
        check_text("cursor", *cursor, {.min = 0, .max = id_characters_max});
    }
    const std::string after_id = cursor == nullptr ? std::string() : *cursor;
    const auto page = api::read_page(query.limit(), [&](std::size_t count) { return list(after_id, count); });
    return api::page_response(
        page, [](const auto& item) { return to_json(item); }, [](const auto& last) { return last.id.value(); });
}

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

/// 204, or the refusal.
[[nodiscard]] http::Response removed_response(const std::optional<DirectoryRefusal>& refusal, std::string_view what);

}  // namespace twinfleet::access_control
