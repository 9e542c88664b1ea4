#include "capabilities/driver_login/children/child_drivers_http.hpp"

#include <gtest/gtest.h>

#include "platform/concurrency/guarded.hpp"
#include "platform/http/server.hpp"
#include "platform/log/capturing_logger.hpp"

namespace twinfleet::driver_login {
namespace {

using namespace std::chrono_literals;

class HttpChildDriversTest : public ::testing::Test {
protected:
    /// What becomes of an answer of fleet-synchronizer.
    std::string result_of(int status, std::string body) {
        answer.with([&](auto& next) { next = {.status = status, .body = std::move(body)}; });
        const auto made = children.make("vezet", "driver \"1\"");
        if (const auto* child = std::get_if<ChildDriver>(&made)) {
            return child->driver_id + " in " + child->park_id;
        }
        return std::get<ChildRefusal>(made) == ChildRefusal::not_now ? "not_now" : "driver_not_working";
    }

    platform::Guarded<http::Response> answer;
    platform::Guarded<http::Request> asked;
    http::Server synchronizer{{.listen = {"127.0.0.1", 0}},
                              {.handle = [this](const http::Request& request, const http::Reply& reply) {
                                  asked.with([&](auto& last) { last = request; });
                                  reply.send(answer.with([](const auto& next) { return next; }));
                              }}};
    log::CapturingLogger log;
    platform::SystemClock clock;
    HttpChildDrivers children{{.client = {.base_url = "http://127.0.0.1:" + std::to_string(synchronizer.port()),
                                          .bearer_token = "secret",
                                          .peer_name = "fleet-synchronizer"},
                               // As good as none: each answer is looked at by itself.
                               .circuit = {.failures_max = 1'000}},
                              clock,
                              log};
};

TEST_F(HttpChildDriversTest, AsksForTheChildOfTheParent) {
    const char* const child =
        R"({"family":"vezet","driver_id":"c","park_id":"p","car_id":null,"rule_id":null,"created":true,"new":1})";
    EXPECT_EQ(result_of(201, child), "c in p");
    EXPECT_EQ(result_of(200, child), "c in p");
    const auto request = asked.with([](const auto& last) { return last; });
    EXPECT_EQ(request.method + ' ' + request.path, "POST /v1/children/drivers");
    EXPECT_EQ(request.body, R"({"family":"vezet","parent_driver_id":"driver \"1\""})");
    EXPECT_EQ(request.header("Authorization"), "Bearer secret");
}

TEST_F(HttpChildDriversTest, TellsADriverWhoDoesNotWorkFromWhatMayPass) {
    EXPECT_EQ(result_of(409, R"({"code":"driver_not_working","message":""})"), "driver_not_working");
    EXPECT_EQ(result_of(404, R"({"code":"driver_not_found","message":""})"), "driver_not_working");
    EXPECT_EQ(result_of(404, R"({"code":"not_found","message":""})"), "not_now") << "a wrong URL is no driver's fault";
    EXPECT_EQ(result_of(409, R"({"code":"park_not_mirrored","message":""})"), "not_now");
    EXPECT_EQ(result_of(409, R"({"code":"driver_quarantined","message":""})"), "not_now");
    EXPECT_EQ(result_of(409, R"({"code":"driver_is_child","message":""})"), "not_now");
    EXPECT_EQ(result_of(401, R"({"code":"unauthorized","message":""})"), "not_now");
    EXPECT_EQ(result_of(503, R"({"code":"overloaded","message":""})"), "not_now");
    EXPECT_EQ(result_of(500, ""), "not_now");
}

TEST_F(HttpChildDriversTest, TakesAnAnswerThatCannotBeReadForNone) {
    EXPECT_EQ(result_of(200, ""), "not_now");
    EXPECT_EQ(result_of(200, "<html>"), "not_now");
    EXPECT_EQ(result_of(200, "[]"), "not_now");
    EXPECT_EQ(result_of(201, R"({"driver_id":1,"park_id":"p"})"), "not_now");
    EXPECT_EQ(result_of(201, R"({"driver_id":"c"})"), "not_now");
    EXPECT_EQ(result_of(204, ""), "not_now");
    EXPECT_EQ(result_of(404, R"({"code":["driver_not_found"]})"), "not_now");
    EXPECT_FALSE(log.entries("a child driver could not be made").empty());
}

TEST_F(HttpChildDriversTest, SaysNotNowWhenNobodyAnswers) {
    HttpChildDrivers lost({.client = {.base_url = "http://127.0.0.1:1", .peer_name = "fleet-synchronizer"}}, clock,
                          log);
    EXPECT_EQ(std::get<ChildRefusal>(lost.make("vezet", "driver")), ChildRefusal::not_now);
}

}  // namespace
}  // namespace twinfleet::driver_login
