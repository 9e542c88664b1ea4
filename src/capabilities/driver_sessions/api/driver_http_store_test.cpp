#include <stdexcept>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

#include "capabilities/driver_cache/testing/fake_newcomers.hpp"
#include "capabilities/driver_sessions/api/driver_call.hpp"
#include "capabilities/driver_sessions/api/driver_http.hpp"
#include "capabilities/driver_sessions/testing/driver_side.hpp"
#include "platform/json/bad_input.hpp"

namespace twinfleet::driver_sessions {
namespace {

using namespace std::chrono_literals;
using testing::DriverSide;

class DriverApiTest : public ::testing::Test, protected DriverSide {
protected:
    struct Answer {
        int status = 0;
        /// `code` of an error, the whole body of anything else.
        std::string body;
        http::Headers headers = {};

        [[nodiscard]] std::string header(const std::string& name) const {
            for (const auto& [key, value] : headers) {
                if (key == name) {
                    return value;
                }
            }
            return "none";
        }
    };

    static driver_apps::DriverApps make_apps() {
        const auto version = driver_apps::Version::parse("2.0").value();
        return driver_apps::DriverApps({{.family = "taximeter", .product = "Taximeter", .minimum_version = version},
                                        {.family = "vezet", .product = "Taximeter-Vezet", .minimum_version = version}});
    }
    static std::string agent_of(const std::string& family) {
        return (family == "vezet" ? "Taximeter-Vezet" : "Taximeter") + std::string(" 9.61 (1234)");
    }

    Answer call(const std::string& method, const std::string& target, const http::Headers& headers,
                const std::string& body = {}) {
        const auto end = std::min(target.find('?'), target.size());
        const api::Call call{.request = {.method = method,
                                         .path = target.substr(0, end),
                                         .query = end < target.size() ? target.substr(end + 1) : "",
                                         .headers = headers,
                                         .body = body}};
        for (const auto& route : routes_) {
            if (route.method == method && route.pattern == call.request.path) {
                EXPECT_EQ(route.access, api::Route::Access::open);
                EXPECT_EQ(route.takes_body, method == "PUT");
                return answer(std::get<api::BlockingHandler>(route.handler), call);
            }
        }
        throw std::logic_error("no route for " + method + ' ' + target);
    }
    Answer call(const std::string& method, const std::string& target, const std::string& token,
                const std::string& family, const std::string& body = {}) {
        return call(method, target, {{"User-Agent", agent_of(family)}, {"Authorization", "Bearer " + token}}, body);
    }
    static Answer answer(const api::BlockingHandler& handle, const api::Call& call) {
        try {
            auto response = handle(call);
            if (response.status >= 400) {
                response.body = boost::json::parse(response.body).at("code").as_string().c_str();
            }
            return {response.status, response.body, response.headers};
        } catch (const json::BadInput& bad) {
            return {400, bad.field()};
        }
    }

    const driver_apps::DriverApps apps_ = make_apps();
    driver_cache::testing::FakeNewcomers newcomers_;
    const std::vector<api::Route> routes_ = driver_routes(
        {.apps = apps_, .sessions = sessions, .statuses = statuses, .directory = directory, .newcomers = newcomers_});
};

TEST_F(DriverApiTest, RefusesAppsAndTokensBeforeAnythingElse) {
    const auto token = begin("vezet");
    for (const auto& [method, path] : {std::pair{"GET", "/v1/driver/status"}, std::pair{"PUT", "/v1/driver/status"},
                                       std::pair{"GET", "/v1/driver/profile"}, std::pair{"POST", "/v1/logout"}}) {
        const auto refusal = [&, method = method, path = path](const http::Headers& headers) {
            const auto answer = call(method, path, headers);
            return std::to_string(answer.status) + ' ' + answer.body + ' ' + answer.header("WWW-Authenticate");
        };
        const std::pair agent{"User-Agent", agent_of("vezet")};
        const std::pair authorization{"Authorization", "Bearer " + token};
        EXPECT_EQ(refusal({}), "400 unknown_app none");
        EXPECT_EQ(refusal({{"User-Agent", "curl/7.88"}, authorization}), "400 unknown_app none");
        EXPECT_EQ(refusal({{"User-Agent", "Taximeter-Vezet 1.9"}, authorization}), "426 update_required none");
        EXPECT_EQ(refusal({agent}), "401 unauthorized Bearer");
        EXPECT_EQ(refusal({agent, {"Authorization", token}}), "401 unauthorized Bearer");
        EXPECT_EQ(refusal({agent, {"Authorization", "Bearer x"}}), "401 unauthorized Bearer");
        EXPECT_EQ(refusal({agent, {"Authorization", "Bearer " + std::string(96, '0')}}), "401 session_ended Bearer");
        EXPECT_EQ(refusal({{"User-Agent", agent_of("taximeter")}, authorization}), "403 wrong_app none");
        directory.set_stale(true);
        EXPECT_EQ(refusal({agent, authorization}), "503 unavailable none");
        EXPECT_EQ(call(method, path, {agent, authorization}).header("Retry-After"), "1");
        directory.set_stale(false);
    }
    EXPECT_EQ(find(token, "vezet"), "ok");
}

TEST_F(DriverApiTest, ADriverHasAStatusInEachApp) {
    const auto vezet = begin("vezet");
    const auto taximeter = begin("taximeter");
    const std::string path = "/v1/driver/status";
    EXPECT_EQ(call("GET", path, vezet, "vezet").body, R"({"status":"offline"})");
    for (const auto* status : {"free", "busy", "offline", "free"}) {
        const auto text = std::string(R"({"status":")") + status + "\"}";
        const auto answer = call("PUT", path, vezet, "vezet", text);
        EXPECT_EQ(answer.status, 200);
        EXPECT_EQ(answer.body, text);
        EXPECT_EQ(call("GET", path, vezet, "vezet").body, text);
        EXPECT_EQ(call("GET", path, taximeter, "taximeter").body, R"({"status":"offline"})");
    }
}

TEST_F(DriverApiTest, RefusesWhatIsNoStatusByField) {
    const auto token = begin("vezet");
    const auto field = [&](const std::string& body) {
        const auto answer = call("PUT", "/v1/driver/status", token, "vezet", body);
        return std::to_string(answer.status) + ' ' + answer.body;
    };
    EXPECT_EQ(field(""), "400 ");
    EXPECT_EQ(field("[]"), "400 ");
    EXPECT_EQ(field("{}"), "400 status");
    EXPECT_EQ(field(R"({"status":null})"), "400 status");
    EXPECT_EQ(field(R"({"status":1})"), "400 status");
    EXPECT_EQ(field(R"({"status":"online"})"), "400 status");
    EXPECT_EQ(field(R"({"status":"free","since":1})"), "400 since");
    EXPECT_EQ(call("GET", "/v1/driver/status?a=1", token, "vezet").body, "a");
    EXPECT_EQ(statuses.get(driver_of("vezet")), DriverStatus::offline);
}

TEST_F(DriverApiTest, ALogOutEndsThisSessionAlone) {
    const auto vezet = begin("vezet");
    const auto taximeter = begin("taximeter");
    for (const auto& [token, family] : {std::pair{vezet, "vezet"}, std::pair{taximeter, "taximeter"}}) {
        ASSERT_EQ(call("PUT", "/v1/driver/status", token, family, R"({"status":"free"})").status, 200);
    }
    const auto answer = call("POST", "/v1/logout", vezet, "vezet");
    EXPECT_EQ(answer.status, 204);
    EXPECT_EQ(answer.body, "");
    EXPECT_EQ(call("POST", "/v1/logout", vezet, "vezet").body, "session_ended");
    EXPECT_EQ(call("GET", "/v1/driver/status", vezet, "vezet").body, "session_ended");
    EXPECT_EQ(call("PUT", "/v1/driver/status", vezet, "vezet", R"({"status":"free"})").body, "session_ended");
    EXPECT_EQ(call("GET", "/v1/driver/status", taximeter, "taximeter").body, R"({"status":"free"})");
    EXPECT_EQ(statuses.get(driver_of("vezet")), DriverStatus::offline);
}

TEST_F(DriverApiTest, TheProfileIsWhatTheDirectoryHolds) {
    const auto token = begin("vezet");
    const auto profile = [&] { return call("GET", "/v1/driver/profile", token, "vezet"); };
    EXPECT_EQ(profile().body,
              R"({"driver_id":"vezet_driver","park_id":"vezet_park","family":"vezet","first_name":"Ann",)"
              R"("last_name":"Lee","work_status":"working","car":null,"rule_id":null,)"
              R"("park":{"name":"Park","city_id":"Chicago"}})");

    auto driver = directory.driver("vezet_driver").value();
    driver.car_id = "car";
    driver.rule_id = "rule";
    directory.put(driver);
    EXPECT_TRUE(boost::json::parse(profile().body).at("car").is_null()) << "the car is not in the cache";
    directory.put(driver_cache::Car{.id = "car",
                                    .park_id = "vezet_park",
                                    .number = "A123",
                                    .callsign = "7",
                                    .brand = "Lada",
                                    .model = "Vesta",
                                    .color = "white",
                                    .status = "working",
                                    .year = 2020});
    const auto body = boost::json::parse(profile().body);
    EXPECT_EQ(
        boost::json::serialize(body.at("car")),
        R"({"id":"car","number":"A123","callsign":"7","brand":"Lada","model":"Vesta","color":"white","year":2020})");
    EXPECT_EQ(body.at("rule_id").as_string(), "rule");
}

TEST_F(DriverApiTest, AProfileThatHasNotArrivedYetIsToBeAskedForAgain) {
    directory.remove_driver("vezet_driver");
    directory.set_complete_until(clock.now());
    const auto token = begin("vezet");
    const auto retry_after = [&](std::chrono::milliseconds ready_in) {
        directory.set_ready_in(ready_in);
        const auto answer = call("GET", "/v1/driver/profile", token, "vezet");
        return std::to_string(answer.status) + ' ' + answer.body + ' ' + answer.header("Retry-After");
    };
    EXPECT_EQ(retry_after(0ms), "404 profile_not_ready 1");
    EXPECT_EQ(retry_after(1'000ms), "404 profile_not_ready 1");
    EXPECT_EQ(retry_after(1'001ms), "404 profile_not_ready 2");
    EXPECT_EQ(call("GET", "/v1/driver/status", token, "vezet").status, 200);
}

TEST_F(DriverApiTest, AProfileThatIsNotHereIsLookedForAtOnce) {
    const auto driver = directory.driver("vezet_driver").value();
    directory.remove_driver("vezet_driver");
    directory.set_complete_until(clock.now());
    const auto token = begin("vezet");
    newcomers_.set_read([&](std::string_view id) {
        EXPECT_EQ(id, "vezet_driver");
        directory.put(driver);
        return true;
    });
    const auto profile = [&] { return call("GET", "/v1/driver/profile", token, "vezet"); };
    EXPECT_EQ(profile().status, 200);
    EXPECT_EQ(profile().status, 200);
    EXPECT_EQ(newcomers_.looked_for().size(), 1U) << "what is here is not looked for";
}

TEST_F(DriverApiTest, ACarThatIsNotHereIsLookedForAtOnce) {
    const auto token = begin("vezet");
    auto driver = directory.driver("vezet_driver").value();
    driver.car_id = "car";
    directory.put(driver);
    directory.set_complete_until(clock.now());
    const auto car = [&] {
        const auto answer = call("GET", "/v1/driver/profile", token, "vezet");
        EXPECT_EQ(answer.status, 200);
        return boost::json::parse(answer.body).at("car");
    };
    EXPECT_TRUE(car().is_null()) << "nobody knows it: the rest is told";
    directory.set_complete_until(clock.now() + std::chrono::minutes(1));
    EXPECT_TRUE(car().is_null());
    EXPECT_EQ(newcomers_.looked_for().size(), 1U) << "one that is not there after so long does not exist";
    directory.set_complete_until(clock.now());
    newcomers_.set_read([&](std::string_view /*id*/) {
        directory.put(driver_cache::Car{.id = "car", .park_id = "vezet_park"});
        return true;
    });
    EXPECT_EQ(car().at("id").as_string(), "car");
    EXPECT_EQ(newcomers_.looked_for().size(), 2U);
}

TEST_F(DriverApiTest, OneWhoIsFiredMeanwhileIsLoggedOut) {
    const auto token = begin("vezet");
    directory.set_work_status("vezet_driver", driver_cache::WorkStatus::fired);
    EXPECT_EQ(call("GET", "/v1/driver/profile", token, "vezet").body, "session_ended");
}

TEST_F(DriverApiTest, WithAppKnowsTheAppAlone) {
    const auto handler = with_app(apps_, [](const api::Call& /*call*/, const driver_apps::DriverApp& app) {
        return http::Response{.body = app.family};
    });
    EXPECT_EQ(handler({.request = {.headers = {{"user-agent", "Taximeter-Vezet 2.0 (1)"}}}}).body, "vezet");
    EXPECT_EQ(handler({.request = {.headers = {{"user-agent", "Taximeter 2.0"}}}}).body, "taximeter");
    EXPECT_EQ(handler({.request = {}}).status, 400);
}

}  // namespace
}  // namespace twinfleet::driver_sessions
