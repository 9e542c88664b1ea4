#include "capabilities/mirroring/api/runs_http.hpp"

#include "capabilities/mirroring/api/answers_http.hpp"
#include "platform/api/paging.hpp"
#include "platform/api/path.hpp"
#include "platform/api/query.hpp"

namespace twinfleet::mirroring {
namespace {

http::Response no_such_run() {
    return http::error_response(404, "run_not_found", "There is no such run, or it was long ago.");
}

http::Response get_run(const MirrorApi& api, const api::Call& call) {
    api::refuse_query(call);
    const auto run = api.runs.find(api::number_in_path(call, "id"));
    return run ? http::json_response(200, to_json(*run, api.overview.now())) : no_such_run();
}

http::Response list_runs(const MirrorApi& api, const api::Call& call) {
    const api::Query query(call, {"job", "family", "cursor", "limit"});
    RunFilter filter;
    filter.job = query.text("job");
    filter.family = query.text("family");
    filter.before_id = query.cursor_number();
    const auto page = api::read_page(query.limit(), [&](std::size_t count) {
        filter.limit = count;
        return api.runs.list(filter);
    });
    const Time now = api.overview.now();
    return api::page_response(
        page, [now](const RunRecord& run) { return to_json(run, now); }, &RunRecord::id);
}

http::Response cancel_run(const MirrorApi& api, const api::Call& call) {
    api::refuse_query(call);
    api::refuse_body(call);
    const auto id = api::number_in_path(call, "id");
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

std::vector<api::Route> run_routes(const MirrorApi& api) {
    const auto handler = [api](auto handle) {
        return api::BlockingHandler([api, handle](const api::Call& call) { return handle(api, call); });
    };
    return {
        {.method = "GET", .pattern = "/v1/runs", .handler = handler(list_runs)},
        {.method = "GET", .pattern = "/v1/runs/{id}", .handler = handler(get_run)},
        {.method = "POST", .pattern = "/v1/runs/{id}/cancel", .handler = handler(cancel_run)},
    };
}

}  // namespace twinfleet::mirroring
