#include "capabilities/access_control/api/internal_http.hpp"

#include "capabilities/access_control/api/author_http.hpp"
#include "capabilities/access_control/api/directory_http.hpp"
#include "capabilities/access_control/api/record_json.hpp"
#include "capabilities/access_control/records/record_feed_postgres.hpp"
#include "capabilities/access_control/records/record_writes_postgres.hpp"
#include "platform/api/query.hpp"

namespace twinfleet::access_control {
namespace {

using api::BlockingHandler;
using api::Call;
using http::Response;

template <typename Item>
Response items_response(const std::vector<Item>& list) {
    boost::json::array items;
    items.reserve(list.size());
    for (const Item& item : list) {
        items.emplace_back(to_json(item));
    }
    return http::json_response(200, {{"items", std::move(items)}});
}

Response report_response(const WriteReport& report) {
    boost::json::array outcomes;
    outcomes.reserve(report.outcomes.size());
    for (const WriteOutcome outcome : report.outcomes) {
        outcomes.emplace_back(name_of(outcome));
    }
    return http::json_response(200, {{"outcomes", std::move(outcomes)}});
}

WriteReport write(postgres::Pool& pool, const Author& author, const std::vector<GroupOperation>& operations) {
    return write_groups(pool, author, operations);
}

WriteReport write(postgres::Pool& pool, const Author& author, const std::vector<UserOperation>& operations) {
    return write_users(pool, author, operations);
}

template <typename Record, typename Operation>
void add_kind(std::vector<api::Route>& routes, const std::string& kind, postgres::Pool& pool, ChildParks& child_parks) {
    const std::string path = "/v1/internal/" + kind;
    const auto add = [&](const char* method, const char* what, BlockingHandler handler) {
        routes.push_back({.method = method,
                          .pattern = path + what,
                          .handler = api::without_query(std::move(handler)),
                          .takes_body = method == std::string_view("POST")});
    };
    add("POST", "/changes", [&pool](const Call& call) {
        const ChangesRequest request = read_changes_request(call.request.body);
        return items_response(RecordFeed<Record>(pool).changes(request.after, request.parks, request.limit));
    });
    add("POST", "/removals", [&pool](const Call& call) {
        const ChangesRequest request = read_changes_request(call.request.body);
        return items_response(RecordFeed<Record>(pool).removals(request.after, request.parks, request.limit));
    });
    add("POST", "/all", [&pool](const Call& call) {
        const AllRequest request = read_all_request(call.request.body);
        return items_response(RecordFeed<Record>(pool).all(request.after_id, request.parks, request.limit));
    });
    add("POST", "/retrieve", [&pool](const Call& call) {
        return items_response(RecordFeed<Record>(pool).retrieve(read_retrieve_request(call.request.body)));
    });
    add("GET", "/count", [&pool](const Call&) {
        return http::json_response(200, {{"count", RecordFeed<Record>(pool).estimated_count()}});
    });
    add("POST", "/write", [&pool, &child_parks](const Call& call) {
        if (call.caller != mirror_caller) {
            return http::error_response(403, "forbidden", "Only the mirror may write here.");
        }
        const WriteReport report = write(pool, author_of(call), read_write_request<Operation>(call.request.body));
        for (const ParkId& park_id : report.parks) {
            child_parks.note_child(park_id);
        }
        return report_response(report);
    });
}

}  // namespace

std::vector<api::Route> internal_routes(postgres::Pool& pool, ChildParks& child_parks) {
    std::vector<api::Route> routes;
    routes.push_back({.method = "GET",
                      .pattern = "/v1/internal/clock",
                      .handler = api::without_query([&pool](const Call&) {
                          const DatabaseClock clock = database_clock(pool);
                          return http::json_response(200, {{"now_us", clock.now_us}, {"settled_us", clock.settled_us}});
                      })});
    routes.push_back({.method = "POST",
                      .pattern = "/v1/internal/users/holders",
                      .handler = api::without_query([&pool](const Call& call) {
                          return items_response(find_login_holders(pool, read_holders_request(call.request.body)));
                      }),
                      .takes_body = true});
    add_kind<GroupRecord, GroupOperation>(routes, "groups", pool, child_parks);
    add_kind<UserRecord, UserOperation>(routes, "users", pool, child_parks);
    return routes;
}

}  // namespace twinfleet::access_control
