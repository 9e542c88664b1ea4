#include "capabilities/mirroring/api/runs_http.hpp"

#include <boost/json/array.hpp>

#include "capabilities/mirroring/api/answers_http.hpp"

namespace twinfleet::mirroring {
namespace {

http::Response no_such_run() {
    return http::error_response(404, "run_not_found", "There is no such run, or it was long ago.");
}

http::Response get_run(const MirrorApi& api, const http::Call& call) {
    refuse_query(call);
    const auto run = api.runs.find(number_in_path(call, "id"));
    return run ? http::json_response(200, to_json(*run, api.overview.now())) : no_such_run();
}

http::Response list_runs(const MirrorApi& api, const http::Call& call) {
    const Query query(call, {"job", "family", "cursor", "limit"});
    RunFilter filter;
    filter.job = query.text("job");
    filter.family = query.text("family");
    filter.before_id = query.cursor();
    const std::size_t limit = query.limit();
    // One more tells whether there is another page.
    filter.limit = limit + 1;
    auto runs = api.runs.list(filter);
    const bool has_more = runs.size() > limit;
    if (has_more) {
        runs.pop_back();
    }
    const Time now = api.overview.now();
    boost::json::array items;
    items.reserve(runs.size());
    for (const RunRecord& run : runs) {
        items.emplace_back(to_json(run, now));
    }
    boost::json::object page{{"items", std::move(items)}};
    add_next_cursor(page, has_more ? std::optional(runs.back().id) : std::nullopt);
    return http::json_response(200, page);
}

http::Response cancel_run(const MirrorApi& api, const http::Call& call) {
    refuse_query(call);
    refuse_body(call);
    const auto id = number_in_path(call, "id");
    switch (api.runs.request_cancel(id)) {
        case RunStore::Cancel::has_ended:
            return http::error_response(409, "run_has_ended", "The run has ended already.");
        case RunStore::Cancel::not_found:
            return no_such_run();
        case RunStore::Cancel::requested:
            break;
    }
    const auto run = api.runs.find(id);
    return run ? http::json_response(202, to_json(*run, api.overview.now())) : no_such_run();
}

}  // namespace

std::vector<http::Route> run_routes(const MirrorApi& api) {
    const auto handler = [api](auto handle) {
        return http::BlockingHandler([api, handle](const http::Call& call) { return handle(api, call); });
    };
    return {
        {.method = "GET", .pattern = "/v1/runs", .handler = handler(list_runs)},
        {.method = "GET", .pattern = "/v1/runs/{id}", .handler = handler(get_run)},
        {.method = "POST", .pattern = "/v1/runs/{id}/cancel", .handler = handler(cancel_run)},
    };
}

}  // namespace twinfleet::mirroring
