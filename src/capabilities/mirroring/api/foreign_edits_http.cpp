#include "capabilities/mirroring/api/foreign_edits_http.hpp"

#include <boost/json/parse.hpp>

#include "platform/api/paging.hpp"
#include "platform/api/query.hpp"
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

http::Response list_edits(const MirrorApi& api, const api::Call& call) {
    const api::Query query(call, {"entity", "family", "park_id", "cursor", "limit"});
    ForeignEditFilter filter;
    filter.entity = query.text("entity");
    filter.family = query.text("family");
    filter.park_id = query.text("park_id");
    filter.after_id = query.cursor_number();
    const auto page = api::read_page(query.limit(), [&](std::size_t count) {
        filter.limit = count;
        return api.foreign_edits.list(filter);
    });
    return api::page_response(
        page, [](const ForeignEditRecord& record) { return to_json(record); }, &ForeignEditRecord::id);
}

}  // namespace

std::vector<api::Route> foreign_edit_routes(const MirrorApi& api) {
    return {
        {.method = "GET", .pattern = "/v1/foreign-edits", .handler = api::BlockingHandler([api](const api::Call& call) {
                                                              return list_edits(api, call);
                                                          })},
    };
}

}  // namespace twinfleet::mirroring
