#include "capabilities/access_control/api/check_http.hpp"

#include "capabilities/access_control/api/directory_json.hpp"
#include "capabilities/access_control/checking/check.hpp"
#include "capabilities/access_control/checking/rights_postgres.hpp"
#include "platform/api/query.hpp"
#include "platform/json/nullable.hpp"

namespace twinfleet::access_control {
namespace {

struct Question {
    ParkId park_id;
    std::string login;
    domain::Grant grant;
};

Question read_question(std::string_view body) {
    return json::read_object(body, [](json::ObjectReader& reader) {
        Question question{.park_id = ParkId(read_text(reader, "park_id", id_characters)),
                          .login = read_text(reader, "login", login_characters)};
        const auto grant = domain::parse_grant(reader.text("grant"));
        if (!grant) {
            throw json::BadInput("grant", "expected the name of a grant");
        }
        question.grant = *grant;
        return question;
    });
}

}  // namespace

std::vector<api::Route> check_routes(postgres::Pool& pool, ChildParks& child_parks, metrics::Registry& registry) {
    auto& checks =
        registry.counters("access_control_checks_total", "Checks of grants, by what was answered", {"outcome"});
    const auto check = [&pool, &child_parks, &checks](const api::Call& call) {
        const Question question = read_question(call.request.body);
        const auto reason = why_denied(read_rights(pool, question.park_id, question.login), question.grant,
                                       [&] { return child_parks.is_child(question.park_id); });
        checks.with({reason ? name_of(*reason) : "allowed"}).increment();
        return http::json_response(
            200, {{"allowed", !reason}, {"reason", json::or_null(reason, [](auto why) { return name_of(why); })}});
    };
    return {{.method = "POST", .pattern = "/v1/check", .handler = api::without_query(check), .takes_body = true}};
}

}  // namespace twinfleet::access_control
