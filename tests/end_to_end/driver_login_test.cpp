// How a driver gets into either app, and who does not.
#include <csignal>
#include <fstream>
#include <future>

#include "platform/clock/time_text.hpp"
#include "tests/end_to_end/driver_side.hpp"
#include "tests/support/http_client.hpp"

namespace twinfleet::end_to_end {
namespace {

using ::testing::AnyOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Eq;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class DriverLogin : public DriverSide {
protected:
    /// Park `one`, mirrored, with so many drivers.
    void serve_a_park(std::size_t drivers, std::string_view own_configuration = {}) {
        installation_.put(park_with_drivers(park("one", "Chicago"), drivers));
        EXPECT_THAT(installation_.run({"run", "all"}), EndsWith(0));
        serve(own_configuration);
        await_in_cache("one-driver-1");
    }
    /// Another code may be asked for soon.
    static constexpr std::string_view quick_resend = "login: {resend_after_s: 1}\n";
    [[nodiscard]] std::string park_of_vezet() const { return installation_.child_id("parks", "one"); }
};

/// Not the code.
std::string other_than(const std::string& code, int number) {
    std::string other = std::to_string(100'000 + number);
    return other == code ? "999999" : other;
}

void expect_refused(const Answer& answer, int status, std::string_view code) {
    EXPECT_EQ(answer.status, status) << boost::json::serialize(answer.body);
    EXPECT_EQ(answer.code(), code);
}

TEST_F(DriverLogin, IntoVezetMakesTheChildWhoseProfileIsThereAtOnce) {
    serve_a_park(1);
    ASSERT_EQ(installation_.child_id("drivers", "one-driver-1"), "");
    App app = this->app(vezet);
    const LoggedIn login = verified(app, phone_of("one-driver-1"));
    ASSERT_THAT(login.parks, ElementsAre(park_of_vezet()));

    const Answer chosen = app.choose(login.login_token, park_of_vezet());
    ASSERT_EQ(chosen.status, 200) << boost::json::serialize(chosen.body);
    EXPECT_EQ(text(chosen.body, "park_id"), park_of_vezet());
    EXPECT_EQ(text(chosen.body, "driver_id"), installation_.child_id("drivers", "one-driver-1"));
    EXPECT_EQ(count(chosen.body, "profile_ready_in_ms"), 0);

    app.use_session(text(chosen.body, "session_token"));
    const Answer profile = app.profile();
    ASSERT_EQ(profile.status, 200) << boost::json::serialize(profile.body);
    EXPECT_EQ(text(profile.body, "family"), "vezet");
    EXPECT_EQ(text(profile.body, "first_name"), "Иван");
    EXPECT_EQ(text(profile.body, "work_status"), "working");
    EXPECT_EQ(text(profile.body, "rule_id"), installation_.child_id("work_rules", "one-rule-1"));
    EXPECT_EQ(text(profile.body.at("car").as_object(), "id"), installation_.child_id("cars", "one-car-1"));
    EXPECT_EQ(text(profile.body.at("park").as_object(), "city_id"), "Chicago");

    // Everybody who asks for the driver's licence finds both profiles.
    const auto unique = installation_.document("unique_drivers", "unique-one-driver-1");
    ASSERT_TRUE(unique);
    EXPECT_THAT(bson::to_extended_json(unique->view()), HasSubstr(text(chosen.body, "driver_id")));
}

TEST_F(DriverLogin, TwoAppsLiveTwoLives) {
    serve_a_park(1, quick_resend);
    const std::string phone = phone_of("one-driver-1");
    App main = app(taximeter);
    App second = app(vezet);
    const Answer in_main = log_in(main, phone);
    ASSERT_EQ(in_main.status, 200) << boost::json::serialize(in_main.body);
    EXPECT_EQ(text(in_main.body, "driver_id"), "one-driver-1");
    EXPECT_EQ(count(in_main.body, "profile_ready_in_ms"), 0);
    ASSERT_EQ(log_in(second, phone).status, 200);

    EXPECT_EQ(main.status(), "offline");
    EXPECT_EQ(main.set_status("free").status, 200);
    EXPECT_EQ(second.status(), "offline");
    EXPECT_EQ(second.set_status("busy").status, 200);
    EXPECT_EQ(main.status(), "free");
    EXPECT_EQ(second.status(), "busy");

    EXPECT_EQ(main.send_position(41.1, -87.6, 3s).status, 200);
    EXPECT_EQ(main.send_position(41.2, -87.6, 2s).status, 200);
    EXPECT_EQ(second.send_position(41.3, -87.6, 1s).status, 200);
    EXPECT_THAT(main.track(), ElementsAre(41.1, 41.2));
    EXPECT_THAT(second.track(), ElementsAre(41.3));

    const auto nearby = [&](const std::string& family) {
        const Answer answer = ask_as_service(
            "POST", "/v1/internal/drivers/nearby",
            R"({"lat":41.2,"lon":-87.6,"radius_m":50000,"limit":10,"statuses":["free","busy"],"family":")" + family +
                "\"}");
        EXPECT_EQ(answer.status, 200) << boost::json::serialize(answer.body);
        return answer.body.at("drivers").as_array();
    };
    ASSERT_THAT(nearby("taximeter"), SizeIs(1));
    EXPECT_EQ(text(nearby("taximeter")[0].as_object(), "driver_id"), "one-driver-1");
    EXPECT_EQ(text(nearby("taximeter")[0].as_object(), "status"), "free");

    EXPECT_EQ(main.log_out().status, 204);
    expect_refused(main.profile(), 401, "session_ended");
    EXPECT_EQ(second.status(), "busy");
    EXPECT_THAT(second.track(), ElementsAre(41.3));

    // The track outlives the session; the status does not.
    await_resend();
    ASSERT_EQ(log_in(main, phone).status, 200);
    EXPECT_EQ(main.status(), "offline");
    EXPECT_THAT(main.track(), ElementsAre(41.1, 41.2));
}

TEST_F(DriverLogin, ASessionOpensNothingButItsOwnApp) {
    serve_a_park(2);
    App main = app(taximeter);
    ASSERT_EQ(log_in(main, phone_of("one-driver-1")).status, 200);
    App stranger = app(vezet);
    stranger.use_session(main.session_token());
    expect_refused(stranger.profile(), 403, "wrong_app");
    expect_refused(stranger.set_status("free"), 403, "wrong_app");
    EXPECT_EQ(main.status(), "offline") << "it goes on, and nothing was done to it";

    App invented = app(taximeter);
    invented.use_session(std::string(96, 'a'));
    EXPECT_EQ(invented.profile().status, 401);
    invented.use_session("'; DROP TABLE drivers; --");
    EXPECT_EQ(invented.profile().status, 401);
    expect_refused(app("curl/8.0").profile(), 400, "unknown_app");
}

TEST_F(DriverLogin, ASecondSessionInTheSameAppEndsTheFirst) {
    serve_a_park(1, quick_resend);
    App old_phone = app(taximeter);
    App new_phone = app(taximeter);
    App second = app(vezet);
    const std::string phone = phone_of("one-driver-1");
    ASSERT_EQ(log_in(second, phone).status, 200);
    ASSERT_EQ(log_in(old_phone, phone).status, 200);
    await_resend();
    ASSERT_EQ(log_in(new_phone, phone).status, 200);
    expect_refused(old_phone.profile(), 401, "session_ended");
    EXPECT_EQ(new_phone.status(), "offline");
    EXPECT_EQ(second.status(), "offline");
}

TEST_F(DriverLogin, AnUnknownPhoneIsAnsweredAlikeAndGetsNoMessage) {
    serve_a_park(1);
    const App app = this->app(vezet);
    const std::string known = phone_of("one-driver-1");
    const Answer of_known = app.start(known);
    const Answer of_unknown = app.start("+79990000000");
    ASSERT_EQ(of_known.status, 200);
    ASSERT_EQ(of_unknown.status, 200);
    EXPECT_EQ(testing::keys_of(of_known.body), testing::keys_of(of_unknown.body));
    EXPECT_EQ(of_unknown.body.at("code_length"), 6);
    EXPECT_EQ(of_unknown.body.at("resend_after_s"), 60);
    EXPECT_EQ(text(of_known.body, "login_id").size(), text(of_unknown.body, "login_id").size());
    static_cast<void>(await_code(known));
    EXPECT_EQ(messages_to("+79990000000"), 0U);
    expect_refused(app.verify(text(of_unknown.body, "login_id"), "123456"), 401, "wrong_code");
    expect_refused(app.start(known), 429, "resend_too_early");
    expect_refused(app.start("+79990000000"), 429, "resend_too_early");
    expect_refused(app.start("not a phone"), 400, "bad_phone");
}

TEST_F(DriverLogin, AFifthWrongCodeEndsThemAll) {
    serve_a_park(2);
    const App app = this->app(taximeter);
    const std::string phone = phone_of("one-driver-1");
    const Answer started = app.start(phone);
    const std::string login_id = text(started.body, "login_id");
    const std::string code = await_code(phone);
    for (int number = 0; number < 4; ++number) {
        expect_refused(app.verify(login_id, other_than(code, number)), 401, "wrong_code");
    }
    EXPECT_EQ(app.verify(login_id, other_than(code, 4)).status, 429);
    EXPECT_THAT(app.verify(login_id, code).status, AnyOf(Eq(410), Eq(429)));

    // Four, and then the right one.
    const std::string other_phone = phone_of("one-driver-2");
    const std::string other_id = text(app.start(other_phone).body, "login_id");
    const std::string other_code = await_code(other_phone);
    for (int number = 0; number < 4; ++number) {
        expect_refused(app.verify(other_id, other_than(other_code, number)), 401, "wrong_code");
    }
    EXPECT_EQ(app.verify(other_id, other_code).status, 200);
    expect_refused(app.verify(other_id, other_code), 410, "code_expired");
}

TEST_F(DriverLogin, CodesCannotBeGuessedSideBySide) {
    serve_a_park(1);
    const App app = this->app(taximeter);
    const std::string phone = phone_of("one-driver-1");
    const std::string login_id = text(app.start(phone).body, "login_id");
    const std::string code = await_code(phone);
    std::vector<std::future<int>> guesses;
    for (int number = 0; number < 40; ++number) {
        guesses.push_back(std::async(std::launch::async, [&app, &login_id, guess = other_than(code, number)] {
            return app.verify(login_id, guess).status;
        }));
    }
    std::map<int, int> answers;
    for (auto& guess : guesses) {
        ++answers[guess.get()];
    }
    EXPECT_EQ(answers[401], 4) << "guesses that were compared with the code, and one more that ended it";
    EXPECT_EQ(answers[200], 0);
    EXPECT_EQ(answers[401] + answers[429] + answers[410], 40);
    EXPECT_NE(app.verify(login_id, code).status, 200);
}

TEST_F(DriverLogin, ALoginTokenOpensOnlyTheParksThatWereOffered) {
    installation_.put(park_with_drivers(park("two", "Chicago"), 1));
    serve_a_park(1);
    await_in_cache("two-driver-1");
    App main = app(taximeter);
    const LoggedIn login = verified(main, phone_of("one-driver-1"));
    ASSERT_THAT(login.parks, ElementsAre("one"));
    expect_refused(main.choose(login.login_token, "two"), 403, "not_your_park");
    expect_refused(main.choose(login.login_token, park_of_vezet()), 403, "not_your_park");
    expect_refused(main.choose(login.login_token, "no such park"), 403, "not_your_park");
    expect_refused(app(vezet).choose(login.login_token, "one"), 403, "wrong_app");
    EXPECT_EQ(main.choose(login.login_token, "one").status, 200) << "the token is good until it has been of use";
    expect_refused(main.choose(login.login_token, "one"), 401, "login_token_expired");
}

TEST_F(DriverLogin, TheSessionOfAFiredDriverAndOfADisabledParkEnds) {
    installation_.put(park_with_drivers(park("two", "Chicago"), 1));
    serve_a_park(2);
    await_in_cache("two-driver-1");
    App fired = app(taximeter);
    App disabled = app(vezet);
    ASSERT_EQ(log_in(fired, phone_of("one-driver-1")).status, 200);
    ASSERT_EQ(log_in(disabled, phone_of("two-driver-1")).status, 200);
    installation_.put("drivers", "one-driver-1", R"({"work_status": "fired"})");
    installation_.put("parks", "two", R"({"is_active": false})");
    EXPECT_TRUE(reaches([&] { return fired.profile().code() == "session_ended"; }));
    EXPECT_TRUE(reaches([&] { return disabled.profile().code() == "session_ended"; }));
    expect_refused(fired.set_status("free"), 401, "session_ended");

    // Whoever is fired gets no code, and cannot tell; whoever does not work at present is offered nothing.
    const auto messages = messages_to(phone_of("one-driver-1"));
    EXPECT_EQ(app(vezet).start(phone_of("one-driver-1")).status, 200);
    installation_.put("drivers", "one-driver-2", R"({"work_status": "not_working"})");
    EXPECT_TRUE(reaches([&] {
        const Answer answer = ask_as_service("POST", "/v1/internal/drivers/retrieve", R"({"ids":["one-driver-2"]})");
        const auto& item = answer.body.at("items").as_array().at(0).as_object();
        return text(item.at("driver").as_object(), "work_status") == "not_working";
    }));
    EXPECT_THAT(verified(app(vezet), phone_of("one-driver-2")).parks, IsEmpty());
    EXPECT_EQ(messages_to(phone_of("one-driver-1")), messages);
}

TEST_F(DriverLogin, WaitsForASynchronizerThatIsAway) {
    serve_a_park(1);
    App app = this->app(vezet);
    const LoggedIn login = verified(app, phone_of("one-driver-1"));
    ASSERT_THAT(login.parks, SizeIs(1));
    synchronizer_.reset();
    const Answer away = app.choose(login.login_token, login.parks[0]);
    EXPECT_EQ(away.status, 503) << boost::json::serialize(away.body);
    EXPECT_TRUE(away.headers.contains("retry-after"));
    serve_synchronizer();
    EXPECT_TRUE(reaches([&] { return app.choose(login.login_token, login.parks[0]).status == 200; }));
}

TEST_F(DriverLogin, GoesOnWhileMongoIsAwayExceptForNewChildren) {
    serve_a_park(2);
    App known = app(taximeter);
    App fresh = app(vezet);
    const LoggedIn login = verified(fresh, phone_of("one-driver-2"));
    const std::string phone = phone_of("one-driver-1");
    shared_mongo().pause();
    EXPECT_EQ(log_in(known, phone).status, 200) << "from the cache";
    EXPECT_EQ(known.profile().status, 200);
    const Answer away = fresh.choose(login.login_token, login.parks.at(0));
    EXPECT_EQ(away.status, 503) << boost::json::serialize(away.body);
    shared_mongo().resume();
    EXPECT_TRUE(reaches([&] { return fresh.choose(login.login_token, login.parks.at(0)).status == 200; }));
}

TEST_F(DriverLogin, LetsNobodyInWhileRedisIsAwayAndKeepsSessionsOverItsRestart) {
    serve_a_park(1);
    App app = this->app(taximeter);
    ASSERT_EQ(log_in(app, phone_of("one-driver-1")).status, 200);
    ASSERT_EQ(app.set_status("free").status, 200);
    redis_.stop();
    EXPECT_EQ(app.profile().status, 503);
    EXPECT_EQ(this->app(vezet).start(phone_of("one-driver-1")).status, 503);
    App invented = this->app(taximeter);
    invented.use_session(std::string(96, '0'));
    EXPECT_EQ(invented.profile().status, 503);
    redis_.restart();
    EXPECT_TRUE(reaches([&] { return app.profile().status == 200; }));
    EXPECT_EQ(app.status(), "free");
    redis_.pause();
    EXPECT_EQ(app.profile().status, 503);
    redis_.resume();
    EXPECT_TRUE(reaches([&] { return app.status() == "free"; }));
}

TEST_F(DriverLogin, AThirdBrandTakesOnlyConfiguration) {
    constexpr std::string_view families = "families:\n  - {name: vezet}\n  - {name: breeze}\n";
    installation_.configure(families);
    serve_a_park(1, R"(families:
  - {name: taximeter, product: Taximeter, minimum_version: "9.0"}
  - {name: vezet, product: Taximeter-Vezet, minimum_version: "9.0"}
  - {name: breeze, product: Breeze, minimum_version: "2.5"}
)");
    expect_refused(app("Breeze 2.4.9 (1)").start("+79990000000"), 426, "update_required");
    expect_refused(app("Taximeter 8.99").start("+79990000000"), 426, "update_required");
    App third = app("Breeze 2.5 (77)");
    const Answer chosen = log_in(third, phone_of("one-driver-1"));
    ASSERT_EQ(chosen.status, 200) << boost::json::serialize(chosen.body);
    EXPECT_TRUE(reaches([&] { return third.profile().status == 200; }));
    EXPECT_EQ(text(third.profile().body, "family"), "breeze");
}

TEST_F(DriverLogin, StartsWarm) {
    // Once it is ready, it has read what was written since the dump.
    serve_a_park(1);
    App app = this->app(taximeter);
    ASSERT_EQ(log_in(app, phone_of("one-driver-1")).status, 200);
    driver_protocol_->signal(SIGTERM);
    EXPECT_THAT(driver_protocol_->wait(), EndsWith(0));
    serve_driver_protocol();
    EXPECT_EQ(app.profile().status, 200) << "at once: the cache is there when it is ready";
}

struct BadInput {
    std::string method;
    std::string target;
    std::string body;
    int status;
};

class DriverBadInput : public DriverLogin {};

TEST_F(DriverBadInput, IsRefusedByNameAndHarmsNobody) {
    serve_a_park(1);
    App app = this->app(taximeter);
    ASSERT_EQ(log_in(app, phone_of("one-driver-1")).status, 200);
    const std::string long_text(10'000, 'x');
    const std::vector<BadInput> inputs{
        {"POST", "/v1/login/start", "{", 400},
        {"POST", "/v1/login/start", "[]", 400},
        {"POST", "/v1/login/start", R"({"phone": 7})", 400},
        {"POST", "/v1/login/start", R"({"phone": "+79990000000", "extra": 1})", 400},
        {"POST", "/v1/login/start", R"({"phone": ")" + long_text + "\"}", 400},
        {"POST", "/v1/login/start", "{\"phone\": \"\xff\xfe\"}", 400},
        {"POST", "/v1/login/start", R"({"phone": "\u0000"})", 400},
        {"POST", "/v1/login/verify", R"({"login_id": "x", "code": "12345"})", 400},
        {"POST", "/v1/login/verify", R"({"login_id": "x", "code": 123456})", 400},
        {"POST", "/v1/login/verify", R"({"login_id": "x", "code": "123456"})", 410},
        {"POST", "/v1/login/park", R"({"login_token": "x", "park_id": "one"})", 401},
        {"POST", "/v1/login/park", R"({"login_token": "x"})", 400},
        {"GET", "/v1/login/park", "", 405},
        {"PUT", "/v1/driver/status", R"({"status": "sleeping"})", 400},
        {"PUT", "/v1/driver/status", "{}", 400},
        {"POST", "/v1/driver/positions", R"({"positions": []})", 400},
        {"POST", "/v1/driver/positions", R"({"positions": 7})", 400},
        {"POST", "/v1/driver/positions", R"({"positions": [{"lat": NaN}]})", 400},
        {"GET", "/v1/driver/track?cursor=nonsense", "", 400},
        {"GET", "/v1/driver/track?limit=0", "", 400},
        {"GET", "/v1/driver/track?from=yesterday", "", 400},
        {"GET", "/v1/driver/nowhere", "", 404},
    };
    for (const BadInput& input : inputs) {
        const Answer answer = app.ask(input.method, input.target, input.body);
        EXPECT_EQ(answer.status, input.status)
            << input.method << ' ' << input.target << ' ' << input.body.substr(0, 80) << '\n'
            << boost::json::serialize(answer.body);
        EXPECT_NE(answer.code(), "");
        EXPECT_TRUE(answer.headers.contains("x-request-id"));
    }
    boost::json::array many(101, boost::json::object{{"lat", 1}, {"lon", 1}, {"timestamp", "2026-01-01T00:00:00Z"}});
    EXPECT_EQ(app.ask("POST", "/v1/driver/positions", boost::json::serialize(boost::json::object{{"positions", many}}))
                  .status,
              400);
    EXPECT_EQ(app.ask("POST", "/v1/login/start", std::string((1U << 20U) + 1, ' ')).status, 413);
    EXPECT_EQ(app.profile().status, 200);
    EXPECT_TRUE(driver_protocol_->runs());
}

TEST_F(DriverBadInput, PositionsAreRefusedOneByOne) {
    serve_a_park(1);
    App app = this->app(vezet);
    ASSERT_EQ(log_in(app, phone_of("one-driver-1")).status, 200);
    const auto at = [](std::chrono::milliseconds age) {
        return platform::time_text(platform::SystemClock().now() - age);
    };
    const boost::json::array positions{
        boost::json::object{{"lat", 41.5}, {"lon", -87.5}, {"timestamp", at(5s)}, {"speed", 12.5}},
        boost::json::object{{"lat", 0}, {"lon", 0}, {"timestamp", at(4s)}},
        boost::json::object{{"lat", 91}, {"lon", 0.5}, {"timestamp", at(4s)}},
        boost::json::object{{"lat", 41.5}, {"lon", -87.5}, {"timestamp", at(-5min)}},
        boost::json::object{{"lat", 41.5}, {"lon", -87.5}, {"timestamp", at(25h)}},
        boost::json::object{{"lat", 41.5}, {"lon", -87.5}, {"timestamp", at(3s)}, {"speed", 555.6}},
        boost::json::object{{"lat", "41.5"}, {"lon", -87.5}, {"timestamp", at(3s)}},
        boost::json::object{{"lat", 41.4}, {"lon", -87.5}, {"timestamp", at(9s)}},
    };
    const Answer answer =
        app.ask("POST", "/v1/driver/positions", boost::json::serialize(boost::json::object{{"positions", positions}}));
    ASSERT_EQ(answer.status, 200) << boost::json::serialize(answer.body);
    EXPECT_EQ(count(answer.body, "accepted"), 2);
    std::vector<std::string> rejected;
    for (const auto& item : answer.body.at("rejected").as_array()) {
        rejected.push_back(std::to_string(item.at("index").to_number<int>()) + ' ' + text(item.as_object(), "code"));
    }
    EXPECT_THAT(rejected, ElementsAre("1 bad_coordinates", "2 bad_coordinates", "3 in_future", "4 too_old",
                                      "5 bad_speed", "6 bad_field"));
    EXPECT_THAT(app.track(), ElementsAre(41.4, 41.5)) << "by time, whatever the order they came in";
}

}  // namespace
}  // namespace twinfleet::end_to_end
