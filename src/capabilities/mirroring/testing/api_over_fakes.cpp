#include "capabilities/mirroring/testing/api_over_fakes.hpp"

#include <cctype>
#include <ostream>
#include <sstream>
#include <stdexcept>
#include <utility>

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>

#include "platform/api/testing/token_digest.hpp"
#include "platform/errors/store_error.hpp"
#include "platform/http/testing/raw_client.hpp"
#include "platform/json/to_text.hpp"

namespace twinfleet::mirroring::testing {
namespace {

using namespace std::chrono_literals;

std::string value_in(const boost::json::object& object, std::string_view name) {
    const boost::json::value* value = object.if_contains(name);
    if (value == nullptr) {
        return "none";
    }
    return value->is_string() ? std::string(value->get_string()) : json::to_text(*value);
}

ApiAnswer answer_of(const std::string& text) {
    const auto head_end = text.find("\r\n\r\n");
    if (!text.starts_with("HTTP/1.1 ") || head_end == std::string::npos) {
        throw std::runtime_error("no answer by HTTP");
    }
    ApiAnswer answer;
    answer.status = std::stoi(text.substr(std::string_view("HTTP/1.1 ").size()));
    std::istringstream head(text.substr(0, head_end));
    std::string line;
    std::getline(head, line);
    while (std::getline(head, line)) {
        std::string name = line.substr(0, line.find(':'));
        for (char& c : name) {
            c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
        }
        const std::string value = line.substr(name.size() + 2);
        answer.headers[name] = value.substr(0, value.find('\r'));
    }
    answer.text = text.substr(head_end + 4);
    boost::json::error_code error;
    auto body = boost::json::parse(answer.text, error, {}, {.max_depth = 2'000});
    if (!error && body.is_object()) {
        answer.body = std::move(body.get_object());
    }
    return answer;
}

api::TokenSource tokens() {
    auto known = std::make_shared<const api::ServiceTokens>(std::vector<api::ServiceTokens::Entry>{
        {.name = "a test", .sha256 = api::testing::token_digest("token"), .endpoints = {"*"}},
        {.name = "a test of few",
         .sha256 = api::testing::token_digest("token of few"),
         .endpoints = {"GET /v1/elsewhere/*"}}});
    return [known = std::move(known)] { return known; };
}

}  // namespace

std::string ApiAnswer::at(std::string_view name) const {
    return value_in(body, name);
}

std::string ApiAnswer::detail(std::string_view name) const {
    const boost::json::value* details = body.if_contains("details");
    return details == nullptr ? "none" : value_in(details->as_object(), name);
}

std::string ApiAnswer::outcome() const {
    return std::to_string(status) + " " + at("code");
}

std::string ApiAnswer::bad_field() const {
    return std::to_string(status) + " " + detail("field");
}

const boost::json::array& ApiAnswer::items() const {
    return body.at("items").as_array();
}

const boost::json::object& ApiAnswer::item(std::size_t index) const {
    return items().at(index).as_object();
}

std::string ApiAnswer::in_each_item(std::string_view name) const {
    std::string values;
    for (const boost::json::value& item : items()) {
        values += (values.empty() ? "" : " ") + value_in(item.as_object(), name);
    }
    return values;
}

std::ostream& operator<<(std::ostream& out, const ApiAnswer& answer) {
    return out << answer.status << ' ' << answer.text;
}

ApiOverFakes::ApiOverFakes(const ApiOverFakesSettings& settings)
    : creation([](std::span<const domain::ParentId> ids) {
          return std::vector<CreationAnswer>(ids.size(), ChildDriver{.family = domain::AppFamily{"vezet"},
                                                                     .driver_id = domain::ChildId("d"),
                                                                     .park_id = domain::ChildParkId("p"),
                                                                     .car_id = domain::ChildId("c"),
                                                                     .rule_id = std::nullopt,
                                                                     .created = true});
      }),
      families_(settings.families),
      link_reader_([this](const Entity& entity,
                          std::span<const std::string> ids) { return look_up_links(jobs.links, entity, ids); },
                   settings.link_reader),
      link_change_feed_(link_changes, jobs.clock, settings.link_changes),
      child_creator_(
          [this](const domain::AppFamily& /*family*/, std::span<const domain::ParentId> ids) { return creation(ids); },
          settings.child_creator),
      launcher_(jobs.runner, jobs.dependencies, jobs.wishes,
                {.lease = {.holder = "us"},
                 .lease_wait = 10s,
                 .retry_lease_wait = settings.retry_lease_wait,
                 .runs_max = settings.runs_max}),
      server_({.server = {.listen = {"127.0.0.1", 0}}, .blocking_threads = 2},
              mirror_routes({.link_reader = link_reader_,
                             .link_changes = link_change_feed_,
                             .child_creator = child_creator_,
                             .launcher = launcher_,
                             .runs = jobs.runs,
                             .quarantine = jobs.quarantine,
                             .foreign_edits = foreign_edits,
                             .links = jobs.links,
                             .overview = overview,
                             .stores = jobs.stores,
                             .families = families_,
                             .schedules = schedules_,
                             .log = jobs.log}),
              mirror_openapi(), tokens(), registry_, jobs.log) {
    jobs.put("parks", R"("_id": "park", "login": "park", "city_id": "Chicago", "is_active": true)");
    jobs.put("work_rules", R"("_id": "rule", "park_id": "park")");
}

ApiAnswer ApiOverFakes::ask(const ApiRequest& request) const {
    std::string text = request.method + " " + request.target + " HTTP/1.1\r\nHost: test\r\nX-Request-Id: request-1\r\n";
    if (!request.token.empty()) {
        text += "Authorization: Bearer " + request.token + "\r\n";
    }
    if (request.body) {
        if (!request.content_type.empty()) {
            text += "Content-Type: " + request.content_type + "\r\n";
        }
        text += "Content-Length: " + std::to_string(request.body->size()) + "\r\n";
    }
    return answer_of(http::testing::ask(server_.port(), text + "\r\n" + request.body.value_or("")));
}

RunRecord ApiOverFakes::run(const std::string& job, const std::string& options) {
    const ApiAnswer launched = post("/v1/jobs/" + job + "/runs", options);
    if (launched.status != 202) {
        throw std::runtime_error("the run was not launched: " + launched.text);
    }
    return jobs.runs.await_end(launched.body.at("run_id").as_int64());
}

void ApiOverFakes::fail_calls(const std::string& call, const std::exception_ptr& failure) {
    jobs.world.interfere([call, failure](const Step& step) {
        if (failure && step.call.starts_with(call)) {
            std::rethrow_exception(failure);
        }
        return Delivery::once;
    });
}

std::exception_ptr store_is_away() {
    return std::make_exception_ptr(platform::StoreUnavailable("a store", "secret address"));
}

std::exception_ptr mistake() {
    return std::make_exception_ptr(std::runtime_error("secret reason"));
}

}  // namespace twinfleet::mirroring::testing
