#pragma once

#include <mutex>
#include <string>
#include <vector>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "capabilities/driver_login/api/login_http.hpp"
#include "capabilities/driver_login/parks/offered_parks.hpp"
#include "capabilities/driver_login/testing/fakes.hpp"
#include "capabilities/driver_login/testing/fleet.hpp"
#include "platform/api/api_server.hpp"
#include "platform/clock/testing/manual_clock.hpp"
#include "platform/http_client/client.hpp"
#include "platform/log/capturing_logger.hpp"

namespace twinfleet::driver_login::testing {

struct Answer {
    int status = 0;
    boost::json::object body;
    http::Headers headers;

    [[nodiscard]] std::string text(std::string_view name) const {
        const auto* value = body.if_contains(name);
        return value == nullptr ? "none" : value->is_string() ? std::string(value->get_string()) : serialize(*value);
    }
    [[nodiscard]] std::string outcome() const { return std::to_string(status) + ' ' + text("code"); }
    [[nodiscard]] std::string field() const {
        const auto* details = body.if_contains("details");
        return details == nullptr ? "none" : std::string(details->as_object().at("field").as_string());
    }
    [[nodiscard]] std::string header(std::string_view name) const {
        return std::string(http::Request{.headers = headers}.header(name).value_or("none"));
    }
};

/// The endpoints of the login, served over HTTP, with everything but the store faked. The fleet: driver `driver`, whose
/// phone is known_phone, in park `park`, whose child for vezet is `child-park`, where his child is `child`.
class LoginStand {
public:
    static constexpr const char* known_phone = "+79031234567";
    static constexpr const char* unknown_phone = "+79160000000";
    static constexpr const char* main_agent = "Taximeter 9.61";
    static constexpr const char* vezet_agent = "Taximeter-Vezet 9.61 (3121)";

    explicit LoginStand(LoginStore& login_store, const LoginLimits& limits = {})
        : store(login_store),
          login({.limits = limits}, LoginSecrets(std::string(64, 'k')),
                {store, directory, children, sessions, queue, clock, registry, log}) {
        clock.advance(std::chrono::hours(24 * 365 * 55));
        put_park(directory, "park");
        put_child_park(directory, "child-park", "park");
        directory.put(make_driver("driver", "park", known_phone));
        children.answer("vezet", "driver", ChildDriver{.driver_id = "child", .park_id = "child-park"});
    }

    [[nodiscard]] Answer post(const std::string& step, const std::string& body, const std::string& agent = main_agent,
                              http::Headers headers = {}) const {
        headers.emplace_back("User-Agent", agent);
        const auto response = client.request("POST", "/v1/login/" + step, body, headers);
        boost::json::error_code error;
        auto value = boost::json::parse(response.body, error);
        return {.status = response.status,
                .body = !error && value.is_object() ? value.as_object() : boost::json::object(),
                .headers = response.headers};
    }
    [[nodiscard]] Answer start(const std::string& phone, const std::string& agent = main_agent,
                               http::Headers headers = {}) const {
        return post("start", serialize(boost::json::object{{"phone", phone}}), agent, std::move(headers));
    }
    [[nodiscard]] Answer verify(const std::string& login_id, const std::string& code,
                                const std::string& agent = main_agent, http::Headers headers = {}) const {
        return post("verify", serialize(boost::json::object{{"login_id", login_id}, {"code", code}}), agent,
                    std::move(headers));
    }
    /// As a call of that address, which the trusted proxy names.
    [[nodiscard]] static http::Headers from(const std::string& address, const std::string& device_token = {}) {
        http::Headers headers{{"X-Forwarded-For", address}};
        if (!device_token.empty()) {
            headers.emplace_back("X-Device-Token", device_token);
        }
        return headers;
    }
    [[nodiscard]] Answer park(const std::string& login_token, const std::string& park_id,
                              const std::string& agent = main_agent) const {
        return post("park", serialize(boost::json::object{{"login_token", login_token}, {"park_id", park_id}}), agent);
    }
    /// The code of the last text message.
    [[nodiscard]] std::string code() {
        queue.wait_until_idle();
        return messages.all().back().text.substr(0, code_length);
    }
    [[nodiscard]] static std::string other_than(std::string code) {
        code.back() = code.back() == '0' ? '1' : '0';
        return code;
    }

    LoginStore& store;
    platform::testing::ManualClock clock;
    metrics::Registry registry;
    log::CapturingLogger log;
    driver_cache::testing::FakeFleetDirectory directory;
    FakeChildDrivers children;
    FakeSessions sessions;
    SentMessages messages;
    /// Who holds this holds all messages back.
    std::mutex message_gate;
    MessageQueue queue{{.threads = 1},
                       messages,
                       [this](std::string_view phone) {
                           const std::lock_guard gate(message_gate);
                           return parks_for_codes(directory, phone);
                       },
                       store,
                       clock,
                       registry,
                       log};
    Login login;
    const driver_apps::DriverApps apps{
        std::vector<driver_apps::DriverApp>{{"taximeter", "Taximeter", driver_apps::Version::parse("9.0").value()},
                                            {"vezet", "Taximeter-Vezet", driver_apps::Version::parse("9.0").value()}}};
    const http::TrustedProxies trusted_proxies{{"127.0.0.0/8"}};
    platform::WorkQueue park_queue{{.threads = 4}};
    platform::WorkQueue child_queue{{.threads = 4}};
    api::ApiServer server{{.server = {.listen = {"127.0.0.1", 0}}, .blocking_threads = 4},
                          login_routes({apps, login, trusted_proxies, park_queue, child_queue, log}),
                          "",
                          {},
                          registry,
                          log};
    const http::Client client{
        {.base_url = "http://127.0.0.1:" + std::to_string(server.port()), .peer_name = "the API"}};
};

}  // namespace twinfleet::driver_login::testing
