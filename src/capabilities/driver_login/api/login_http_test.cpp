#include "capabilities/driver_login/api/login_http.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "capabilities/driver_login/testing/login_stand.hpp"
#include "capabilities/driver_login/testing/memory_login_store.hpp"

namespace twinfleet::driver_login {
namespace {

using namespace std::chrono_literals;
using testing::LoginStand;
using ::testing::MatchesRegex;

class LoginHttpTest : public ::testing::Test {
protected:
    testing::MemoryLoginStore store{LoginLimits()};
    LoginStand stand{store};
};

TEST_F(LoginHttpTest, LogsIn) {
    const auto started = stand.start("8 903 123-45-67", LoginStand::vezet_agent);
    EXPECT_EQ(started.status, 200);
    EXPECT_THAT(started.text("login_id"), MatchesRegex("[0-9a-f]{32}"));
    EXPECT_EQ(started.text("code_length"), "6");
    EXPECT_EQ(started.text("resend_after_s"), "60");
    EXPECT_EQ(started.body.size(), 3U);

    const auto verified = stand.verify(started.text("login_id"), stand.code(), LoginStand::vezet_agent);
    EXPECT_EQ(verified.status, 200);
    EXPECT_THAT(verified.text("login_token"), MatchesRegex("[0-9a-f]{64}"));
    EXPECT_EQ(verified.text("parks"), R"([{"park_id":"child-park","name":"Park park","city_id":"Chicago"}])");
    EXPECT_EQ(verified.body.size(), 2U);
    EXPECT_THAT(verified.header("X-Device-Token"), MatchesRegex("[0-9a-f]{64}"));

    const auto logged_in = stand.park(verified.text("login_token"), "child-park", LoginStand::vezet_agent);
    EXPECT_EQ(logged_in.status, 200);
    EXPECT_EQ(serialize(logged_in.body),
              R"({"session_token":"session-1","park_id":"child-park","driver_id":"child","profile_ready_in_ms":700})");
    EXPECT_EQ(stand.park(verified.text("login_token"), "child-park", LoginStand::vezet_agent).outcome(),
              "401 login_token_expired");
}

TEST_F(LoginHttpTest, SaysWhatIsRefusedAndWhy) {
    auto answer = stand.start("12345");
    EXPECT_EQ(answer.outcome(), "400 bad_phone");
    EXPECT_EQ(answer.field(), "phone");
    const auto login_id = stand.start(LoginStand::known_phone).text("login_id");
    const auto code = stand.code();
    answer = stand.start(LoginStand::known_phone);
    EXPECT_EQ(answer.outcome(), "429 resend_too_early");
    EXPECT_EQ(answer.header("Retry-After"), "60");
    EXPECT_EQ(stand.verify(login_id, code, LoginStand::vezet_agent).outcome(), "403 wrong_app");
    for (int i = 0; i < 4; ++i) {
        answer = stand.verify(login_id, LoginStand::other_than(code));
        EXPECT_EQ(answer.outcome(), "401 wrong_code");
        EXPECT_EQ(answer.field(), "code");
    }
    answer = stand.verify(login_id, LoginStand::other_than(code));
    EXPECT_EQ(answer.outcome(), "429 too_many_attempts");
    EXPECT_EQ(answer.header("Retry-After"), "60");
    EXPECT_EQ(stand.verify(login_id, code).outcome(), "410 code_expired");
    EXPECT_EQ(stand.park(std::string(64, 'a'), "park").outcome(), "401 login_token_expired");

    stand.clock.advance(60s);
    const auto second = stand.start(LoginStand::known_phone, LoginStand::vezet_agent);
    const auto token = stand.verify(second.text("login_id"), stand.code(), LoginStand::vezet_agent).text("login_token");
    EXPECT_EQ(stand.park(token, "park", LoginStand::vezet_agent).outcome(), "403 not_your_park");
    EXPECT_EQ(stand.park(token, "park").outcome(), "403 wrong_app");
    stand.children.answer("vezet", "driver", ChildRefusal::not_now);
    answer = stand.park(token, "child-park", LoginStand::vezet_agent);
    EXPECT_EQ(answer.outcome(), "503 child_not_made");
    EXPECT_EQ(answer.header("Retry-After"), "2");
    stand.directory.set_work_status("driver", driver_cache::WorkStatus::fired);
    EXPECT_EQ(stand.park(token, "child-park", LoginStand::vezet_agent).outcome(), "409 driver_not_working");
    stand.directory.set_stale(true);
    answer = stand.park(token, "child-park", LoginStand::vezet_agent);
    EXPECT_EQ(answer.outcome(), "503 unavailable");
    EXPECT_EQ(answer.header("Retry-After"), "2");
    EXPECT_EQ(stand.start(LoginStand::known_phone).outcome(), "503 unavailable");
}

TEST_F(LoginHttpTest, KnowsTheFamilyByTheAgentAlone) {
    EXPECT_EQ(stand.start(LoginStand::known_phone, "Mozilla/5.0").outcome(), "400 unknown_app");
    EXPECT_EQ(stand.start(LoginStand::known_phone, "Taximeter 8.99").outcome(), "426 update_required");
}

TEST_F(LoginHttpTest, RefusesMalformedRequestsByFieldAndCountsNoAttempt) {
    const auto login_id = stand.start(LoginStand::known_phone).text("login_id");
    const auto code = stand.code();
    for (const std::string bad :
         {"", "12345", "1234567", "12345a", " 12345", "12345 ", "-12345", "+12345", "１２３４５６"}) {
        const auto answer = stand.verify(login_id, bad);
        EXPECT_EQ(answer.status, 400) << bad;
        EXPECT_EQ(answer.field(), "code") << bad;
    }
    const auto field = [&](const std::string& step, const std::string& body) {
        const auto answer = stand.post(step, body);
        return std::to_string(answer.status) + ' ' + answer.field();
    };
    EXPECT_EQ(field("start", R"({"phone":"+79031234567","x":1})"), "400 x");
    EXPECT_EQ(field("start", R"({"phone":79031234567})"), "400 phone");
    EXPECT_EQ(field("start", R"({})"), "400 phone");
    EXPECT_EQ(field("verify", R"({"login_id":"a","code":123456})"), "400 code");
    EXPECT_EQ(field("verify", R"({"code":"123456"})"), "400 login_id");
    EXPECT_EQ(field("verify", R"({"login_id":"a","code":"123456","family":"vezet"})"), "400 family");
    EXPECT_EQ(field("park", R"({"login_token":"a"})"), "400 park_id");
    EXPECT_EQ(field("park", R"({"login_token":"","park_id":"a"})"), "400 login_token");
    EXPECT_EQ(stand.post("start?x=1", R"({"phone":"+79031234567"})").status, 400);
    EXPECT_EQ(stand.post("start", "{").status, 400);
    EXPECT_EQ(stand.post("start", "[]").status, 400);
    EXPECT_EQ(stand.post("start", R"({"phone":"+7"})", LoginStand::main_agent, {{"Content-Type", "text/plain"}}).status,
              415);
    EXPECT_EQ(stand.verify(login_id, code).status, 200);
}

TEST_F(LoginHttpTest, CountsStartsForWhomATrustedProxyNames) {
    const auto start_from = [&](const std::string& address, int i) {
        return stand.start("+7903" + std::to_string(2'000'000 + i), LoginStand::main_agent,
                           {{"X-Forwarded-For", "203.0.113.9, " + address}});
    };
    for (int i = 0; i < 100; ++i) {
        // Of one IPv6 subscriber.
        ASSERT_EQ(start_from("2001:db8::" + std::to_string(i + 1), i).status, 200);
    }
    const auto answer = start_from("2001:db8::ffff", 100);
    EXPECT_EQ(answer.outcome(), "429 too_many_requests");
    EXPECT_EQ(answer.header("Retry-After"), "600");
    EXPECT_EQ(start_from("2001:db8:0:1::1", 101).status, 200);
    EXPECT_EQ(start_from("198.51.100.1", 102).status, 200);
}

TEST_F(LoginHttpTest, KnowsADeviceByTheTokenThatItShows) {
    const auto login_id = stand.start(LoginStand::known_phone).text("login_id");
    const auto device_token = stand.verify(login_id, stand.code()).header("X-Device-Token");
    const auto start_from = [&](int i, const std::string& token) {
        return stand.start(LoginStand::known_phone, LoginStand::vezet_agent,
                           LoginStand::from("198.51.100." + std::to_string(i), token));
    };
    int started = 0;
    while (start_from(started, "").status == 200) {
        ++started;
    }
    EXPECT_EQ(started, 29) << "and the one at the beginning";
    EXPECT_EQ(start_from(100, "").outcome(), "429 too_many_requests");
    EXPECT_EQ(start_from(100, "").header("Retry-After"), "3600");
    EXPECT_EQ(start_from(100, std::string(64, '0')).outcome(), "429 too_many_requests");
    EXPECT_EQ(start_from(100, std::string(1'000, '0')).outcome(), "429 too_many_requests");
    const auto own = start_from(101, device_token);
    ASSERT_EQ(own.status, 200);
    EXPECT_EQ(stand
                  .verify(own.text("login_id"), stand.code(), LoginStand::vezet_agent,
                          LoginStand::from("198.51.100.101", device_token))
                  .header("X-Device-Token"),
              device_token);
}

TEST_F(LoginHttpTest, CountsStartsOfIPv6BySite) {
    const auto start_from = [&](int subscriber, int i) {
        return stand.start("+7903" + std::to_string(2'000'000 + i), LoginStand::main_agent,
                           LoginStand::from("2001:db8:0:" + std::to_string(subscriber) + "::1"));
    };
    for (int i = 0; i < 400; ++i) {
        ASSERT_EQ(start_from(i % 10, i).status, 200) << i;
    }
    EXPECT_EQ(start_from(99, 400).outcome(), "429 too_many_requests");
    EXPECT_EQ(stand.start("+79032000400", LoginStand::main_agent, LoginStand::from("2001:db8:1::1")).status, 200);
}

TEST_F(LoginHttpTest, AnswersAKnownAndAnUnknownPhoneAlike) {
    const auto shape = [](const testing::Answer& answer) {
        std::string names = std::to_string(answer.status);
        for (const auto& [name, value] : answer.body) {
            names += ' ' + std::string(name) + ' ' + std::to_string(serialize(value).size());
        }
        for (const auto& [name, value] : answer.headers) {
            names += name == "X-Request-Id" || name == "Date" ? "" : '\n' + name + ": " + value;
        }
        return names;
    };
    const auto known = stand.start(LoginStand::known_phone);
    const auto unknown = stand.start(LoginStand::unknown_phone);
    EXPECT_EQ(shape(known), shape(unknown));
    const auto wrong = LoginStand::other_than(stand.code());
    for (int i = 0; i < 6; ++i) {
        EXPECT_EQ(shape(stand.verify(known.text("login_id"), wrong)),
                  shape(stand.verify(unknown.text("login_id"), wrong)));
    }
    EXPECT_EQ(shape(stand.start(LoginStand::known_phone)), shape(stand.start(LoginStand::unknown_phone)));
}

boost::json::value any_json(int depth);

std::string any_text() {
    return *rc::gen::oneOf(rc::gen::arbitrary<std::string>(),
                           rc::gen::elementOf(std::vector<std::string>{"+79031234567", "123456", "000000", "park", "",
                                                                       "\xff", std::string("\0", 1), "vezet"}));
}

boost::json::value any_json(int depth) {
    switch (*rc::gen::inRange(0, depth > 0 ? 7 : 5)) {
        case 0:
            return nullptr;
        case 1:
            return *rc::gen::arbitrary<bool>();
        case 2:
            return *rc::gen::arbitrary<std::int64_t>();
        case 3:
            return *rc::gen::arbitrary<double>();
        case 5:
            return boost::json::array{any_json(depth - 1), any_json(depth - 1)};
        case 6: {
            boost::json::object object;
            object[any_text()] = any_json(depth - 1);
            return object;
        }
        default:
            return boost::json::value(any_text());
    }
}

RC_GTEST_FIXTURE_PROP(LoginHttpTest, AnyBodyGetsAnAnswerThatIsNoFailure, ()) {
    for (const std::string step : {"start", "verify", "park"}) {
        boost::json::object body;
        for (const std::string name : {"phone", "login_id", "code", "login_token", "park_id", "x"}) {
            if (*rc::gen::inRange(0, 2) == 0) {
                body[name] = any_json(2);
            }
        }
        auto text = serialize(body);
        if (*rc::gen::inRange(0, 4) == 0 && !text.empty()) {
            text.at(*rc::gen::inRange<std::size_t>(0, text.size())) = *rc::gen::arbitrary<char>();
        }
        for (const std::string& sent : {text, any_text()}) {
            if (sent.empty()) {
                continue;
            }
            const auto answer = stand.post(step, sent);
            RC_ASSERT(answer.status == 200 || (answer.status >= 400 && answer.status < 500));
            RC_ASSERT(answer.status == 200 || answer.body.contains("code"));
        }
    }
}

}  // namespace
}  // namespace twinfleet::driver_login
