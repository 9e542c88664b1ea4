#include "capabilities/mirroring/api/link_changes_http.hpp"

#include <boost/json/array.hpp>

#include "capabilities/mirroring/api/answers_http.hpp"
#include "capabilities/mirroring/memory/links/link_lookup.hpp"
#include "platform/api/answering.hpp"
#include "platform/api/numbers.hpp"
#include "platform/api/query.hpp"
#include "platform/api/refusals.hpp"
#include "platform/clock/time_text.hpp"
#include "platform/json/bad_input.hpp"

namespace twinfleet::mirroring {
namespace {

constexpr const char* changes_pattern = "/v1/links/{entity}/changes";
constexpr std::int64_t wait_max_s = 25;
/// As many digits as the OpenAPI file says.
constexpr std::int64_t position_max = 999'999'999'999'999'999;

/// nullopt when it is not given.
std::optional<std::int64_t> number_in(const api::Query& query, std::string_view name, std::int64_t max,
                                      const char* expected) {
    const std::string* text = query.find(name);
    if (text == nullptr) {
        return std::nullopt;
    }
    const auto number = api::whole_number<std::int64_t>(*text);
    const bool has_zeros = text->size() > 1 && text->front() == '0';
    if (!number || *number < 0 || *number > max || has_zeros) {
        throw json::BadInput(std::string(name), expected);
    }
    return number;
}

boost::json::object to_json(const LinkChange& change) {
    return {{"position", std::to_string(change.position)},
            {"family", change.family},
            {"parent_id", change.parent_id.value()},
            {"parent_park_id", change.parent_park_id.value()},
            {"child_id", change.child_id.value()},
            {"child_park_id", change.child_park_id.value()},
            {"state", to_string(change.state)},
            {"at", platform::time_text(change.at)}};
}

http::Response response_of(const LinkChangeFeed::Answer& answer) {
    if (!answer) {
        return http::error_response(410, "position_expired",
                                    "Changes behind this position are not kept any more, or it was never given. Begin "
                                    "anew without `after`, and ask again for the links that you remember.");
    }
    boost::json::array changes;
    changes.reserve(answer->changes.size());
    for (const LinkChange& change : answer->changes) {
        changes.emplace_back(to_json(change));
    }
    return http::json_response(200, {{"changes", std::move(changes)}, {"next", std::to_string(answer->next)}});
}

void get_changes(const MirrorApi& api, const api::Call& call, const http::Reply& reply) {
    const api::Query query(call, {"after", "limit", "wait_s"});
    LinkChangeFeed::Question question{
        .entity = entity_in_path(call, "entity"),
        .after = number_in(query, "after", position_max, "expected a position as an answer gave it"),
        .limit = query.limit(),
        .wait = std::chrono::seconds(
            number_in(query, "wait_s", wait_max_s, "expected a whole number of seconds from 0 to 25").value_or(0))};
    if (question.entity == nullptr) {
        reply.send(no_such_entity_response());
        return;
    }
    const bool is_accepted =
        api.link_changes.ask(question, [&log = api.log, reply, request_id = call.request_id](
                                           const LinkChangeFeed::Answer& answer, const std::exception_ptr& failure) {
            reply.send(
                failure ? api::failure_response(failure, request_id, log, {.method = "GET", .pattern = changes_pattern})
                        : response_of(answer));
        });
    if (!is_accepted) {
        reply.send(api::overloaded_response("Too many callers are waiting for changes."));
    }
}

}  // namespace

std::vector<api::Route> link_change_routes(const MirrorApi& api) {
    return {{.method = "GET",
             .pattern = changes_pattern,
             .handler = api::AsynchronousHandler(
                 [api](const api::Call& call, const http::Reply& reply) { get_changes(api, call, reply); })}};
}

}  // namespace twinfleet::mirroring
