#include "capabilities/mirroring/api/children_http.hpp"

#include <algorithm>

#include <boost/json/array.hpp>

#include "platform/api/answering.hpp"
#include "platform/api/path.hpp"
#include "platform/api/query.hpp"
#include "platform/api/refusals.hpp"
#include "platform/json/nullable.hpp"

namespace twinfleet::mirroring {
namespace {

constexpr const char* drivers_pattern = "/v1/children/drivers";

boost::json::value id_or_null(const std::optional<domain::ChildId>& id) {
    return json::or_null(id, [](const domain::ChildId& known) { return known.value(); });
}

http::Response response_of(const ChildDriver& child) {
    return http::json_response(child.created ? 201 : 200, {
                                                              {"family", child.family.name},
                                                              {"driver_id", child.driver_id.value()},
                                                              {"park_id", child.park_id.value()},
                                                              {"car_id", id_or_null(child.car_id)},
                                                              {"rule_id", id_or_null(child.rule_id)},
                                                              {"created", child.created},
                                                          });
}

http::Response response_of(const CreationRefused& refused) {
    boost::json::array steps;
    for (const CreationStep& step : refused.steps) {
        steps.push_back(boost::json::object{{"step", step.step}, {"outcome", step.outcome}});
    }
    boost::json::object details{{"steps", std::move(steps)}};
    if (!refused.reason.empty()) {
        details["reason"] = refused.reason;
    }
    const int status = refused.refusal == CreationRefusal::driver_not_found ? 404 : 409;
    return http::error_response(status, to_string(refused.refusal), message_of(refused.refusal), details);
}

void create_driver(const MirrorApi& api, const api::Call& call, const http::Reply& reply) {
    api::refuse_query(call);
    const auto [family, id] = json::read_object(call.request.body, [](json::ObjectReader& reader) {
        domain::AppFamily named{reader.text("family")};
        return std::pair(std::move(named), domain::ParentId(reader.text("parent_driver_id", api::id_limits)));
    });
    if (std::ranges::find(api.families, family) == api.families.end()) {
        throw json::BadInput("family", "expected a configured family");
    }
    const bool is_accepted = api.child_creator.ask(
        family, id,
        [&log = api.log, reply, request_id = call.request_id](const CreationAnswer* answer,
                                                              const std::exception_ptr& failure) {
            reply.send(
                answer == nullptr
                    ? api::failure_response(failure, request_id, log, {.method = "POST", .pattern = drivers_pattern})
                    : std::visit([](const auto& outcome) { return response_of(outcome); }, *answer));
        });
    if (!is_accepted) {
        reply.send(api::overloaded_response());
    }
}

}  // namespace

std::vector<api::Route> child_routes(const MirrorApi& api) {
    return {{.method = "POST",
             .pattern = drivers_pattern,
             .handler = api::AsynchronousHandler(
                 [api](const api::Call& call, const http::Reply& reply) { create_driver(api, call, reply); }),
             .takes_body = true}};
}

}  // namespace twinfleet::mirroring
