#include "capabilities/mirroring/api/quarantine_http.hpp"

#include "capabilities/mirroring/api/answers_http.hpp"
#include "capabilities/mirroring/entities/entity_table.hpp"
#include "platform/api/paging.hpp"
#include "platform/api/path.hpp"
#include "platform/api/query.hpp"
#include "platform/json/nullable.hpp"

namespace twinfleet::mirroring {
namespace {

std::optional<QuarantineEntry> find_entry(QuarantineStore& quarantine, std::int64_t id) {
    QuarantineFilter filter;
    filter.ids = {id};
    filter.limit = 1;
    auto entries = quarantine.list(filter);
    return entries.empty() ? std::nullopt : std::optional(std::move(entries.front()));
}

http::Response list_entries(const MirrorApi& api, const api::Call& call) {
    const api::Query query(call, {"entity", "family", "park_id", "cursor", "limit"});
    QuarantineFilter filter;
    filter.entity = query.text("entity");
    filter.family = query.text("family");
    filter.parent_park_id = query.text("park_id");
    filter.after_id = query.cursor_number();
    filter.limit = query.limit();
    return http::json_response(200, quarantine_page(api.quarantine, std::move(filter)));
}

http::Response retry_entry(const MirrorApi& api, const api::Call& call) {
    api::refuse_query(call);
    api::refuse_body(call);
    const auto id = api::number_in_path(call, "id");
    const auto entry = find_entry(api.quarantine, id);
    // An entity that this program does not know is left to the one that does.
    if (!entry || find_entity(entry->entity) == nullptr) {
        return http::error_response(404, "entry_not_found", "There is no such entry in the quarantine.");
    }
    if (!api.launcher.retry(*entry)) {
        return job_is_running_response(0);
    }
    const auto left = find_entry(api.quarantine, id);
    return http::json_response(
        200, {
                 {"id", id},
                 {"outcome", left ? "still_quarantined" : "released"},
                 {"entry", json::or_null(left, [](const QuarantineEntry& still) { return to_json(still); })},
             });
}

}  // namespace

boost::json::object quarantine_page(QuarantineStore& quarantine, QuarantineFilter filter) {
    const auto page = api::read_page(filter.limit, [&](std::size_t count) {
        filter.limit = count;
        return quarantine.list(filter);
    });
    return api::page_json(
        page, [](const QuarantineEntry& entry) { return to_json(entry); }, &QuarantineEntry::id);
}

std::vector<api::Route> quarantine_routes(const MirrorApi& api) {
    return {
        {.method = "GET", .pattern = "/v1/quarantine", .handler = api::BlockingHandler([api](const api::Call& call) {
                                                           return list_entries(api, call);
                                                       })},
        {.method = "POST",
         .pattern = "/v1/quarantine/{id}/retry",
         .handler = api::BlockingHandler([api](const api::Call& call) { return retry_entry(api, call); })},
    };
}

}  // namespace twinfleet::mirroring
