#pragma once

#include <string>
#include <string_view>

#include <boost/json/object.hpp>

#include "capabilities/access_control/api/author_http.hpp"
#include "capabilities/access_control/api/directory_json.hpp"
#include "capabilities/access_control/child_parks/child_parks.hpp"
#include "capabilities/access_control/directory/directory_postgres.hpp"
#include "platform/api/paging.hpp"
#include "platform/api/query.hpp"
#include "platform/api/route.hpp"
#include "platform/log/logger.hpp"

/// What the endpoints of groups and the endpoints of users have in common.
namespace twinfleet::access_control {

/// What these endpoints work with; outlives the routes.
struct DirectoryApi {
    PostgresDirectory& directory;
    ChildParks& child_parks;
    log::Logger& log;
};

/// The name of the service token that may write into child parks (contract, section 4).
inline constexpr std::string_view mirror_caller = "synchronizer";

/// The id that a part of the path holds. Throws json::BadInput when the part cannot be an id.
[[nodiscard]] std::string id_in_path(const api::Call& call, std::string_view name);
/// The same for the part `park_id`.
[[nodiscard]] ParkId park_in_path(const api::Call& call);

/// How a caller may write into a park: as the request says; only what a child park may hold, which takes the right to
/// edit away (read_only_projection()); or not at all.
enum class ParkWrite { as_asked, projected, refused };
/// How `caller`, the name of a service token, may write into this park. Into a child park only `mirror_caller` may
/// write, and what it writes is projected.
[[nodiscard]] ParkWrite park_write(ChildParks& child_parks, const ParkId& park_id, std::string_view caller);
/// Logs that the caller may not write into this child park, and returns the answer: 403 `child_park_is_read_only`.
[[nodiscard]] http::Response refuse_write(const DirectoryApi& api, const api::Call& call, const ParkId& park_id);

/// A request that writes into a park where its caller may write.
struct WriteCall {
    const api::Call& call;
    ParkId park_id;
    ParkWrite write;
    Author author;
};
/// Logs a change that was made: who changed what, and where. `event` is the same for all changes of a kind, such as
/// `group created`.
void note_change(const DirectoryApi& api, const WriteCall& call, std::string_view event, std::string_view id);

/// The handler of a request that writes into the park that the path names. A caller who may not write there is refused
/// before anything else in the request is looked at, and so is a request with query parameters; then `handle(api,
/// write_call)` answers.
template <typename Handle>
[[nodiscard]] api::BlockingHandler writing(const DirectoryApi& api, const Handle& handle) {
    return [api, handle](const api::Call& call) {
        const ParkId park_id = park_in_path(call);
        const ParkWrite write = park_write(api.child_parks, park_id, call.caller);
        if (write == ParkWrite::refused) {
            return refuse_write(api, call, park_id);
        }
        api::refuse_query(call);
        return handle(api, WriteCall{call, park_id, write, author_of(call)});
    };
}

/// The fields that are written: `fields` as they are, or what a child park may hold of them.
template <typename Fields>
[[nodiscard]] Fields written_fields(Fields fields, ParkWrite write) {
    return write == ParkWrite::projected ? read_only_projection(std::move(fields)) : std::move(fields);
}

/// Answers a request for a page (`?cursor=&limit=`). `list(after_id, count)` returns the first `count` items behind
/// `after_id`, in order of id. Throws json::BadInput for parameters that are wrong.
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

/// The answer to a request that the directory refused. `what` is what was asked for: `group` or `user`.
[[nodiscard]] http::Response refusal_response(DirectoryRefusal refusal, std::string_view what);

/// The answer to a change, which is logged as `event` if it was made: the object as JSON with this status, or the
/// refusal.
template <typename Value>
[[nodiscard]] http::Response result_response(const DirectoryApi& api, const WriteCall& call, int status,
                                             const DirectoryResult<Value>& result, std::string_view what,
                                             std::string_view event) {
    if (const auto* refusal = std::get_if<DirectoryRefusal>(&result)) {
        return refusal_response(*refusal, what);
    }
    const Value& value = std::get<Value>(result);
    note_change(api, call, event, value.id.value());
    return http::json_response(status, to_json(value));
}

/// The answer to a removal, which is logged as `event` if it was made: 204, or the refusal.
[[nodiscard]] http::Response removed_response(const DirectoryApi& api, const WriteCall& call,
                                              const std::optional<DirectoryRefusal>& refusal, std::string_view what,
                                              std::string_view event);

}  // namespace twinfleet::access_control
