#include "capabilities/mirroring/api/foreign_edits_http.hpp"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>

#include "capabilities/mirroring/api/answers_http.hpp"
#include "platform/clock/time_text.hpp"

namespace twinfleet::mirroring {
namespace {

boost::json::object to_json(const ForeignEditRecord& record) {
    return {
        {"id", record.id},
        {"entity", record.entity},
        {"family", record.family},
        {"kind", to_string(record.edit.kind)},
        {"parent_id", record.edit.parent_id.value()},
        {"parent_park_id", record.edit.parent_park_id.value()},
        {"child_id", record.edit.child_id.value()},
        {"child_park_id", record.edit.child_park_id.value()},
        // Values may be nested deeper than the parser would go by itself.
        {"fields", boost::json::parse(record.edit.fields, {}, {.max_depth = 2'000})},
        {"found_at", platform::time_text(record.found_at)},
    };
}

http::Response list_edits(const MirrorApi& api, const http::Call& call) {
    const Query query(call, {"entity", "family", "park_id", "cursor", "limit"});
    ForeignEditFilter filter;
    filter.entity = query.text("entity");
    filter.family = query.text("family");
    filter.park_id = query.text("park_id");
    filter.after_id = query.cursor();
    const std::size_t limit = query.limit();
    // One more tells whether there is another page.
    filter.limit = limit + 1;
    auto records = api.foreign_edits.list(filter);
    const bool has_more = records.size() > limit;
    if (has_more) {
        records.pop_back();
    }
    boost::json::array items;
    items.reserve(records.size());
    for (const ForeignEditRecord& record : records) {
        items.emplace_back(to_json(record));
    }
    boost::json::object page{{"items", std::move(items)}};
    add_next_cursor(page, has_more ? std::optional(records.back().id) : std::nullopt);
    return http::json_response(200, page);
}

}  // namespace

std::vector<http::Route> foreign_edit_routes(const MirrorApi& api) {
    return {
        {.method = "GET",
         .pattern = "/v1/foreign-edits",
         .handler = http::BlockingHandler([api](const http::Call& call) { return list_edits(api, call); })},
    };
}

}  // namespace twinfleet::mirroring
