#include "capabilities/mirroring/api/quarantine_http.hpp"

#include <boost/json/array.hpp>

#include "capabilities/mirroring/api/answers_http.hpp"
#include "capabilities/mirroring/entities/entity_table.hpp"

namespace twinfleet::mirroring {
namespace {

std::optional<QuarantineEntry> find_entry(QuarantineStore& quarantine, std::int64_t id) {
    QuarantineFilter filter;
    filter.ids = {id};
    filter.limit = 1;
    auto entries = quarantine.list(filter);
    return entries.empty() ? std::nullopt : std::optional(std::move(entries.front()));
}

http::Response list_entries(const MirrorApi& api, const http::Call& call) {
    const Query query(call, {"entity", "family", "park_id", "cursor", "limit"});
    QuarantineFilter filter;
    filter.entity = query.text("entity");
    filter.family = query.text("family");
    filter.parent_park_id = query.text("park_id");
    filter.after_id = query.cursor();
    filter.limit = query.limit();
    return http::json_response(200, quarantine_page(api.quarantine, std::move(filter)));
}

http::Response retry_entry(const MirrorApi& api, const http::Call& call) {
    refuse_query(call);
    refuse_body(call);
    const auto id = number_in_path(call, "id");
    const auto entry = find_entry(api.quarantine, id);
    // An entity that this program does not know is left to the one that does.
    if (!entry || find_entity(entry->entity) == nullptr) {
        return http::error_response(404, "entry_not_found", "There is no such entry in the quarantine.");
    }
    if (!api.launcher.retry(*entry)) {
        return job_is_running_response(0);
    }
    const auto left = find_entry(api.quarantine, id);
    return http::json_response(200,
                               {
                                   {"id", id},
                                   {"outcome", left ? "still_quarantined" : "released"},
                                   {"entry", left ? boost::json::value(to_json(*left)) : boost::json::value(nullptr)},
                               });
}

}  // namespace

boost::json::object quarantine_page(QuarantineStore& quarantine, QuarantineFilter filter) {
    const std::size_t limit = filter.limit;
    // One more tells whether there is another page.
    filter.limit = limit + 1;
    auto entries = quarantine.list(filter);
    const bool has_more = entries.size() > limit;
    if (has_more) {
        entries.pop_back();
    }
    boost::json::array items;
    items.reserve(entries.size());
    for (const QuarantineEntry& entry : entries) {
        items.emplace_back(to_json(entry));
    }
    boost::json::object page{{"items", std::move(items)}};
    add_next_cursor(page, has_more ? std::optional(entries.back().id) : std::nullopt);
    return page;
}

std::vector<http::Route> quarantine_routes(const MirrorApi& api) {
    return {
        {.method = "GET", .pattern = "/v1/quarantine", .handler = http::BlockingHandler([api](const http::Call& call) {
                                                           return list_entries(api, call);
                                                       })},
        {.method = "POST",
         .pattern = "/v1/quarantine/{id}/retry",
         .handler = http::BlockingHandler([api](const http::Call& call) { return retry_entry(api, call); })},
    };
}

}  // namespace twinfleet::mirroring
