#include "capabilities/mirroring/api/foreign_edits_http.hpp"

#include "capabilities/mirroring/memory/foreign_edits/foreign_edit_json.hpp"
#include "platform/api/paging.hpp"
#include "platform/api/query.hpp"

namespace twinfleet::mirroring {
namespace {

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
