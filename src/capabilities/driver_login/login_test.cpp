#include "capabilities/driver_login/login.hpp"

#include <atomic>
#include <stdexcept>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "capabilities/driver_login/parks/offered_parks.hpp"
#include "capabilities/driver_login/testing/fakes.hpp"
#include "capabilities/driver_login/testing/fleet.hpp"
#include "capabilities/driver_login/testing/memory_login_store.hpp"
#include "platform/clock/testing/manual_clock.hpp"
#include "platform/log/capturing_logger.hpp"

namespace twinfleet::driver_login {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::make_driver;
using testing::put_child_park;
using testing::put_park;
using ::testing::SizeIs;

const std::string phone = "+79031234567";
const std::string main_app = "taximeter";
const std::string vezet = "vezet";

Caller at(const std::string& address, const std::string& device_token = {}) {
    return {.address = address, .network = "network of " + address, .device_token = device_token};
}

const Caller here = at("192.0.2.1");

class LoginTest : public ::testing::Test {
protected:
    LoginTest() {
        clock.advance(std::chrono::hours(24 * 365 * 55));
        put_park(directory, "park");
        put_child_park(directory, "child-park", "park");
        directory.put(make_driver("driver", "park", phone));
        children.answer(vezet, "driver", ChildDriver{.driver_id = "child", .park_id = "child-park"});
    }

    std::string started(const std::string& family = main_app, const std::string& to = phone,
                        const Caller& caller = here) {
        const auto result = login.start(family, to, caller);
        // Before the test moves the clock on: an old message would be dropped.
        queue.wait_until_idle();
        const auto* started = std::get_if<LoginStarted>(&result);
        return started != nullptr ? started->login_id : std::string(to_string(std::get<LoginRefused>(result).refusal));
    }
    std::string outcome(const std::string& family, const std::string& login_id, const std::string& code,
                        const Caller& caller = here) {
        const auto result = login.verify(family, login_id, code, caller);
        const auto* refused = std::get_if<LoginRefused>(&result);
        return refused == nullptr ? "verified" : std::string(to_string(refused->refusal));
    }
    /// The code of the last text message.
    std::string code() {
        queue.wait_until_idle();
        return messages.all().back().text.substr(0, code_length);
    }
    static std::string other_than(std::string code) {
        code.back() = code.back() == '0' ? '1' : '0';
        return code;
    }
    std::string token(const std::string& family = main_app) {
        const auto login_id = started(family);
        return std::get<CodeVerified>(login.verify(family, login_id, code(), here)).login_token;
    }
    std::string park_outcome(const std::string& family, const std::string& token, const std::string& park) {
        const auto result = login.choose_park(family, token, park);
        const auto* refused = std::get_if<LoginRefused>(&result);
        return refused == nullptr ? "logged_in" : std::string(to_string(refused->refusal));
    }

    platform::testing::ManualClock clock;
    metrics::Registry registry;
    log::CapturingLogger log;
    driver_cache::testing::FakeFleetDirectory directory;
    testing::MemoryLoginStore store{LoginLimits()};
    testing::FakeChildDrivers children;
    testing::FakeSessions sessions;
    testing::SentMessages messages;
    MessageQueue queue{
        {.threads = 1}, messages, [this](std::string_view to) { return parks_for_codes(directory, to); }, store, clock,
        registry,       log};
    Login login{LoginSettings(), LoginSecrets(std::string(64, 'k')),
                LoginParts{store, directory, children, sessions, queue, clock, registry, log}};
};

TEST_F(LoginTest, LogsADriverOfTheMainFamilyIn) {
    const auto login_id = started();
    EXPECT_THAT(login_id, SizeIs(32));
    const auto verified = std::get<CodeVerified>(login.verify(main_app, login_id, code(), here));
    EXPECT_THAT(verified.login_token, SizeIs(64));
    ASSERT_THAT(verified.parks, SizeIs(1));
    EXPECT_EQ(verified.parks[0].id, "park");
    const auto logged_in = std::get<LoggedIn>(login.choose_park(main_app, verified.login_token, "park"));
    EXPECT_EQ(logged_in.session_token, "session-1");
    EXPECT_EQ(logged_in.park_id, "park");
    EXPECT_EQ(logged_in.driver_id, "driver");
    EXPECT_EQ(logged_in.profile_ready_in, 0ms);
    ASSERT_THAT(sessions.begun(), SizeIs(1));
    EXPECT_EQ(sessions.begun()[0].driver, (driver_sessions::DriverKey{"park", "driver"}));
    EXPECT_EQ(sessions.begun()[0].family, main_app);
    EXPECT_EQ(children.asked("driver"), 0);
}

TEST_F(LoginTest, MakesTheChildOfADriverOfAnotherFamily) {
    directory.set_ready_in(1'234ms);
    const auto login_id = started(vezet);
    const auto verified = std::get<CodeVerified>(login.verify(vezet, login_id, code(), here));
    ASSERT_THAT(verified.parks, SizeIs(1));
    EXPECT_EQ(verified.parks[0].id, "child-park");
    const auto logged_in = std::get<LoggedIn>(login.choose_park(vezet, verified.login_token, "child-park"));
    EXPECT_EQ(logged_in.driver_id, "child");
    EXPECT_EQ(logged_in.park_id, "child-park");
    EXPECT_EQ(logged_in.profile_ready_in, 1'234ms);
    EXPECT_EQ(sessions.begun()[0].driver, (driver_sessions::DriverKey{"child-park", "child"}));
    EXPECT_EQ(sessions.begun()[0].family, vezet);
}

TEST_F(LoginTest, AChildThatTheDirectoryKnowsIsNotAskedFor) {
    auto child = make_driver("child", "child-park", phone);
    child.parent_driver_id = "driver";
    directory.put(child);
    const auto logged_in = std::get<LoggedIn>(login.choose_park(vezet, token(vezet), "child-park"));
    EXPECT_EQ(logged_in.driver_id, "child");
    EXPECT_EQ(logged_in.profile_ready_in, 0ms);
    clock.advance(2h);
    const auto at_once = login.choose_park_at_once(vezet, token(vezet), "child-park");
    ASSERT_TRUE(at_once);
    EXPECT_EQ(std::get<LoggedIn>(*at_once).driver_id, "child");
    EXPECT_EQ(children.asked("driver"), 0);
    // Others' children, and what is no longer his, do not count.
    for (const auto change :
         {+[](driver_cache::Driver& other) { other.parent_driver_id = "another"; },
          +[](driver_cache::Driver& other) { other.park_id = "another-park"; },
          +[](driver_cache::Driver& other) { other.work_status = driver_cache::WorkStatus::fired; }}) {
        auto other = child;
        change(other);
        directory.put(other);
        clock.advance(2h);
        EXPECT_FALSE(login.choose_park_at_once(vezet, token(vezet), "child-park"));
    }
    EXPECT_EQ(children.asked("driver"), 0);
}

TEST_F(LoginTest, WhoMustNotWaitIsToldThatAChildHasToBeMade) {
    const auto login_token = token(vezet);
    EXPECT_FALSE(login.choose_park_at_once(vezet, login_token, "child-park"));
    EXPECT_THAT(sessions.begun(), ::testing::IsEmpty());
    const auto refused = login.choose_park_at_once(vezet, login_token, "nowhere");
    ASSERT_TRUE(refused);
    EXPECT_EQ(std::get<LoginRefused>(*refused).refusal, LoginRefusal::not_your_park);
    EXPECT_EQ(park_outcome(vezet, login_token, "child-park"), "logged_in") << "the token is still good";
    EXPECT_EQ(LoginMetrics(registry).parks.with({"vezet", "logged_in"}).value(), 1) << "counted once";
    const auto of_main_app = login.choose_park_at_once(main_app, token(), "park");
    ASSERT_TRUE(of_main_app);
    EXPECT_TRUE(std::holds_alternative<LoggedIn>(*of_main_app));
}

TEST_F(LoginTest, AProfileIsReadyWhenItIsInTheDirectoryAsItWillBe) {
    const auto ready_in = [&] {
        clock.advance(2h);
        return std::get<LoggedIn>(login.choose_park(vezet, token(vezet), "child-park")).profile_ready_in;
    };
    auto child = make_driver("child", "child-park", phone);
    child.parent_driver_id = "driver";
    directory.put(child);
    EXPECT_EQ(ready_in(), 0ms);
    directory.set_work_status("child", driver_cache::WorkStatus::fired);
    EXPECT_EQ(ready_in(), 700ms) << "he has come back, which the cache does not know yet";
    child.park_id = "another-park";
    directory.put(child);
    EXPECT_EQ(ready_in(), 700ms);
}

TEST_F(LoginTest, SendsOneMessageToAKnownPhoneAndNoneToAnother) {
    EXPECT_THAT(started(), SizeIs(32));
    EXPECT_THAT(started(main_app, "+79160000000"), SizeIs(32));
    queue.wait_until_idle();
    const auto sent = messages.all();
    ASSERT_THAT(sent, SizeIs(1));
    EXPECT_EQ(sent[0].phone, phone);
    EXPECT_THAT(sent[0].text, ::testing::MatchesRegex("[0-9]{6} is your code.*"));
    EXPECT_EQ(registry
                  .counters("driver_text_messages_total",
                            "Text messages with codes, by what became of them. Those to phones with which "
                            "nobody may log in are never sent: unknown_phone.",
                            {"outcome"})
                  .with({"unknown_phone"})
                  .value(),
              1);
}

TEST_F(LoginTest, AnUnknownPhoneMeetsTheSameLimits) {
    for (const std::string to : {"8 (903) 123-45-67", "+79160000000"}) {
        const auto login_id = started(main_app, to);
        EXPECT_THAT(login_id, SizeIs(32)) << to;
        EXPECT_EQ(started(main_app, to), "resend_too_early");
        for (int i = 0; i < 4; ++i) {
            EXPECT_EQ(outcome(main_app, login_id, "x00000"), "wrong_code");
        }
        EXPECT_EQ(outcome(main_app, login_id, "x00000"), "too_many_attempts");
        EXPECT_EQ(outcome(main_app, login_id, "x00000"), "code_expired");
        for (int i = 0; i < 4; ++i) {
            clock.advance(60s);
            EXPECT_THAT(started(main_app, to), SizeIs(32));
        }
        clock.advance(60s);
        EXPECT_EQ(started(main_app, to), "too_many_codes");
    }
}

TEST_F(LoginTest, RefusesWhatIsNoPhoneBeforeAnythingIsCounted) {
    for (int i = 0; i < 200; ++i) {
        ASSERT_EQ(started(main_app, "12345"), "bad_phone");
    }
    EXPECT_THAT(started(), SizeIs(32));
}

TEST_F(LoginTest, LimitsTheStartsOfAnAddress) {
    for (int i = 0; i < 100; ++i) {
        ASSERT_THAT(started(main_app, "+7903" + std::to_string(2'000'000 + i)), SizeIs(32));
    }
    const auto refused = std::get<LoginRefused>(login.start(main_app, "+79033000000", here));
    EXPECT_EQ(refused.refusal, LoginRefusal::too_many_requests);
    EXPECT_EQ(refused.retry_after, 600s);
    EXPECT_THAT(started(main_app, "+79033000000", at("192.0.2.2")), SizeIs(32));
}

/// Everybody who starts logins for this phone, and guesses, for a month; the bound that LoginLimits states.
TEST_F(LoginTest, GuessingFromManyAddressesGetsFiftyAndThenFiftyAWeek) {
    int guesses = 0;
    int codes = 0;
    for (int step = 0; step < 28 * 24 * 4; ++step) {
        const Caller caller = at("198.51.100." + std::to_string(step % 250));
        const auto login_id = started(main_app, phone, caller);
        codes += login_id.size() == 32 ? 1 : 0;
        while (login_id.size() == 32) {
            const auto how = outcome(main_app, login_id, "x00000", caller);
            if (how != "wrong_code" && how != "too_many_attempts") {
                break;
            }
            ++guesses;
        }
        clock.advance(15min);
    }
    EXPECT_LE(guesses, 50 + 4 * 50);
    EXPECT_GE(guesses, 50);
    EXPECT_LE(codes, 28 * 60);
}

TEST_F(LoginTest, AStrangerLocksNobodyOut) {
    const Caller stranger = at("203.0.113.9");
    const Caller owner = at("192.0.2.7");
    // His caps of the hour, and all his guesses.
    for (int i = 0; i < 5; ++i) {
        const auto login_id = started(vezet, phone, stranger);
        ASSERT_THAT(login_id, SizeIs(32));
        for (int j = 0; j < 5; ++j) {
            (void)outcome(vezet, login_id, "x00000", stranger);
        }
        clock.advance(60s);
    }
    EXPECT_EQ(started(vezet, phone, stranger), "too_many_codes");
    const auto login_id = started(main_app, phone, owner);
    const auto right = code();
    (void)outcome(vezet, started(vezet, phone, at("203.0.113.10")), "x00000");
    EXPECT_EQ(outcome(main_app, login_id, right, owner), "verified");
}

TEST_F(LoginTest, AStrangerSeesTheSameWhetherOrNotTheOwnerIsLoggingIn) {
    EXPECT_THAT(started(main_app, phone, at("192.0.2.7")), SizeIs(32));
    EXPECT_THAT(started(main_app, phone, at("203.0.113.9")), SizeIs(32));
    EXPECT_EQ(started(main_app, phone, at("203.0.113.9")), "resend_too_early");
}

TEST_F(LoginTest, ADeviceThatHasLoggedInIsNotLockedOutByAnyNumberOfStrangers) {
    const auto login_id = started();
    const auto verified = std::get<CodeVerified>(login.verify(main_app, login_id, code(), here));
    const Caller owner = at("192.0.2.200", verified.device_token);
    for (int i = 0; i < 40; ++i) {
        const Caller stranger = at("203.0.113." + std::to_string(i));
        const auto id = started(main_app, phone, stranger);
        for (int j = 0; j < 5 && id.size() == 32; ++j) {
            (void)outcome(main_app, id, "x00000", stranger);
        }
    }
    const auto refused = std::get<LoginRefused>(login.start(main_app, phone, at("203.0.113.250")));
    EXPECT_EQ(refused.refusal, LoginRefusal::too_many_requests);
    EXPECT_GT(refused.retry_after, 0ms);
    EXPECT_EQ(started(main_app, phone, at("203.0.113.251", std::string(64, 'a'))), "too_many_requests")
        << "an invented token";
    const auto id = started(main_app, phone, owner);
    ASSERT_THAT(id, SizeIs(32));
    const auto again = std::get<CodeVerified>(login.verify(main_app, id, code(), owner));
    EXPECT_EQ(again.device_token, verified.device_token) << "it is still the same device";
    EXPECT_THAT(started(main_app, phone, at("203.0.113.250")), SizeIs(32)) << "the owner has shown that he is there";
}

TEST_F(LoginTest, WrongCodesInTotalStopStrangersOnly) {
    const auto first_login = started();
    const auto first = std::get<CodeVerified>(login.verify(main_app, first_login, code(), here));
    clock.advance(60s);
    int wrong = 0;
    for (int i = 0; i < 400; ++i) {
        const Caller stranger = at("stranger " + std::to_string(i));
        const auto id = started(main_app, "+7903" + std::to_string(2'000'000 + i), stranger);
        for (int j = 0; j < 4; ++j) {
            wrong += outcome(main_app, id, "x00000", stranger) == "wrong_code" ? 1 : 0;
        }
    }
    EXPECT_EQ(wrong, 1'500);
    const auto id = started(main_app, phone, at("192.0.2.77"));
    EXPECT_EQ(outcome(main_app, id, code(), at("192.0.2.77")), "too_many_requests");
    const Caller owner = at("192.0.2.78", first.device_token);
    const auto owners = started(main_app, phone, owner);
    EXPECT_EQ(outcome(main_app, owners, code(), owner), "verified");
    EXPECT_EQ(LoginMetrics(registry).ceilings.with({"wrong_guesses"}).value(), 101);
}

TEST_F(LoginTest, RightCodesOfAnAddressAreNotCounted) {
    for (int i = 0; i < 150; ++i) {
        const std::string to = "+7903" + std::to_string(2'000'000 + i);
        directory.put(make_driver("d" + std::to_string(i), "park", to));
        const auto login_id = started(main_app, to, at("start " + std::to_string(i)));
        ASSERT_EQ(outcome(main_app, login_id, code()), "verified") << i;
    }
}

TEST_F(LoginTest, TakesEveryPhoneThatAParkHasWrittenDown) {
    EXPECT_EQ(started(main_app, "+99931234567"), "bad_phone");
    EXPECT_EQ(started(main_app, "+7 903 123-45-6"), "bad_phone");
    directory.put(make_driver("of-a-new-country", "park", "+99931234567"));
    directory.put(make_driver("of-a-short-one", "park", "+7903123456"));
    EXPECT_THAT(started(main_app, "+999 31234567"), SizeIs(32));
    EXPECT_THAT(started(main_app, "+7 903 123-45-6"), SizeIs(32));
    EXPECT_THAT(started(main_app, "+998 20 123 45 67"), SizeIs(32)) << "a range of 2023";
}

TEST_F(LoginTest, SendsNothingToWhoIsFired) {
    directory.set_work_status("driver", driver_cache::WorkStatus::fired);
    EXPECT_THAT(started(), SizeIs(32));
    queue.wait_until_idle();
    EXPECT_THAT(messages.all(), IsEmpty());
}

TEST_F(LoginTest, BudgetsOfMessagesRefuseKnownAndUnknownPhonesAlike) {
    LoginSettings settings;
    settings.limits.messages.messages_max = 2;
    testing::MemoryLoginStore small(settings.limits);
    MessageQueue small_queue{
        {.threads = 1}, messages, [this](std::string_view to) { return parks_for_codes(directory, to); }, small, clock,
        registry,       log};
    Login small_login{settings, LoginSecrets(std::string(64, 'k')),
                      LoginParts{small, directory, children, sessions, small_queue, clock, registry, log}};
    for (int i = 0; i < 2; ++i) {
        const Caller caller = at(std::to_string(i));
        // No message goes there.
        EXPECT_TRUE(std::holds_alternative<LoginStarted>(small_login.start(main_app, "+79160000000", caller)));
        EXPECT_TRUE(std::holds_alternative<LoginStarted>(small_login.start(main_app, phone, caller)));
        small_queue.wait_until_idle();
    }
    for (const std::string to : {phone, std::string("+79160000000")}) {
        const auto refused = std::get<LoginRefused>(small_login.start(main_app, to, at("x")));
        EXPECT_EQ(refused.refusal, LoginRefusal::too_many_requests);
        EXPECT_EQ(refused.retry_after, 1h);
    }
}

TEST_F(LoginTest, AForgottenPhoneHasNoLoginsUnderWay) {
    const auto login_id = started();
    const auto login_token = token(vezet);
    login.forget_phone(phone);
    EXPECT_EQ(outcome(main_app, login_id, code()), "code_expired");
    EXPECT_EQ(park_outcome(vezet, login_token, "child-park"), "login_token_expired");
}

TEST_F(LoginTest, AMessageThatComesLateStillLogsIn) {
    const auto first = started();
    const auto first_code = code();
    clock.advance(60s);
    const auto second = started();
    const auto late = std::get<CodeVerified>(login.verify(main_app, second, first_code, here));
    // The answer was lost on the way, and the app goes back to where it was.
    const auto again = std::get<CodeVerified>(login.verify(main_app, first, first_code, here));
    EXPECT_EQ(park_outcome(main_app, late.login_token, "park"), "login_token_expired") << "one code, one log-in";
    EXPECT_EQ(park_outcome(main_app, again.login_token, "park"), "logged_in");
    EXPECT_EQ(outcome(main_app, first, first_code), "code_expired");
    EXPECT_EQ(outcome(main_app, second, first_code), "code_expired");
}

TEST_F(LoginTest, NoOlderCodeOutlivesALogIn) {
    const auto first = started();
    const auto first_code = code();
    clock.advance(60s);
    const auto second = started();
    const auto verified = std::get<CodeVerified>(login.verify(main_app, second, code(), here));
    EXPECT_EQ(park_outcome(main_app, verified.login_token, "park"), "logged_in");
    EXPECT_EQ(outcome(main_app, first, first_code), "code_expired");
}

TEST_F(LoginTest, FourWrongCodesAndThenTheRightOne) {
    const auto login_id = started();
    const auto right = code();
    for (int i = 0; i < 4; ++i) {
        EXPECT_EQ(outcome(main_app, login_id, other_than(right)), "wrong_code");
    }
    EXPECT_EQ(outcome(main_app, login_id, right), "verified");
    EXPECT_EQ(outcome(main_app, login_id, right), "code_expired") << "one use";
}

TEST_F(LoginTest, TheFifthWrongCodeEndsThemAll) {
    const auto login_id = started();
    const auto right = code();
    for (int i = 0; i < 4; ++i) {
        EXPECT_EQ(outcome(main_app, login_id, other_than(right)), "wrong_code");
    }
    const auto fifth = std::get<LoginRefused>(login.verify(main_app, login_id, other_than(right), here));
    EXPECT_EQ(fifth.refusal, LoginRefusal::too_many_attempts);
    EXPECT_EQ(fifth.retry_after, 60s);
    EXPECT_EQ(outcome(main_app, login_id, right), "code_expired");
    const auto warnings = log.entries("the codes that a device asked for were ended, because wrong ones came");
    ASSERT_THAT(warnings, SizeIs(1));
    EXPECT_EQ(warnings[0].fields.at("phone"), "+7********67");
}

TEST_F(LoginTest, ACodeIsGoodForItsLoginItsAppAndItsTime) {
    const auto login_id = started();
    const auto right = code();
    EXPECT_EQ(outcome(vezet, login_id, right), "wrong_app");
    EXPECT_EQ(outcome(main_app, "00000000000000000000000000000000", right), "code_expired");
    EXPECT_EQ(outcome(main_app, "", right), "code_expired");
    clock.advance(300s);
    EXPECT_EQ(outcome(main_app, login_id, right), "code_expired");
}

TEST_F(LoginTest, ACodeOfOneLoginIsWrongForAnother) {
    const auto first = started();
    const auto first_code = code();
    const auto second = started(vezet);
    const auto second_code = code();
    if (first_code == second_code) {
        GTEST_SKIP() << "the two codes are alike by chance";
    }
    EXPECT_EQ(outcome(vezet, second, first_code), "wrong_code");
    EXPECT_EQ(outcome(main_app, first, first_code), "verified");
    EXPECT_EQ(outcome(vezet, second, second_code), "verified") << "the families are independent";
}

TEST_F(LoginTest, AResendLeavesTheFirstCodeGood) {
    const auto first = started();
    const auto first_code = code();
    const auto refused = std::get<LoginRefused>(login.start(main_app, phone, here));
    EXPECT_EQ(refused.refusal, LoginRefusal::resend_too_early);
    EXPECT_EQ(refused.retry_after, 60s);
    EXPECT_THAT(started(vezet), SizeIs(32)) << "per family";
    EXPECT_EQ(outcome(main_app, first, first_code), "verified");
}

TEST_F(LoginTest, OffersNoParksToWhoWorksNowhere) {
    directory.set_work_status("driver", driver_cache::WorkStatus::not_working);
    const auto login_id = started();
    EXPECT_THAT(std::get<CodeVerified>(login.verify(main_app, login_id, code(), here)).parks, IsEmpty());
}

TEST_F(LoginTest, RefusesParksThatWereNotOffered) {
    put_park(directory, "another-park");
    directory.put(make_driver("another", "another-park", "+79039999999"));
    const auto login_token = token();
    EXPECT_EQ(park_outcome(main_app, login_token, "another-park"), "not_your_park");
    EXPECT_EQ(park_outcome(main_app, login_token, "child-park"), "not_your_park");
    EXPECT_EQ(park_outcome(main_app, login_token, "nowhere"), "not_your_park");
    EXPECT_EQ(park_outcome(vezet, login_token, "child-park"), "wrong_app");
    EXPECT_EQ(park_outcome(main_app, login_token, "park"), "logged_in") << "none of these ended the token";
}

TEST_F(LoginTest, RefusesADriverWhoWorksNoMore) {
    const auto login_token = token();
    directory.set_work_status("driver", driver_cache::WorkStatus::fired);
    EXPECT_EQ(park_outcome(main_app, login_token, "park"), "driver_not_working");
    directory.set_work_status("driver", driver_cache::WorkStatus::working);
    EXPECT_EQ(park_outcome(main_app, login_token, "park"), "logged_in");
}

TEST_F(LoginTest, KeepsTheTokenWhenTheChildCannotBeMade) {
    const auto login_token = token(vezet);
    children.answer(vezet, "driver", ChildRefusal::not_now);
    const auto refused = std::get<LoginRefused>(login.choose_park(vezet, login_token, "child-park"));
    EXPECT_EQ(refused.refusal, LoginRefusal::child_not_made);
    EXPECT_GT(refused.retry_after, 0ms);
    children.answer(vezet, "driver", ChildRefusal::driver_not_working);
    EXPECT_EQ(park_outcome(vezet, login_token, "child-park"), "driver_not_working");
    children.answer(vezet, "driver", ChildDriver{.driver_id = "child", .park_id = "where-he-moved"});
    EXPECT_EQ(park_outcome(vezet, login_token, "child-park"), "child_not_made");
    EXPECT_THAT(sessions.begun(), IsEmpty());
    children.answer(vezet, "driver", ChildDriver{.driver_id = "child", .park_id = "child-park"});
    EXPECT_EQ(park_outcome(vezet, login_token, "child-park"), "logged_in");
}

TEST_F(LoginTest, ATokenWorksOnceAndForTenMinutes) {
    const auto login_token = token();
    EXPECT_EQ(park_outcome(main_app, login_token, "park"), "logged_in");
    EXPECT_EQ(park_outcome(main_app, login_token, "park"), "login_token_expired");
    EXPECT_EQ(park_outcome(main_app, "", "park"), "login_token_expired");
    EXPECT_EQ(park_outcome(main_app, std::string(64, '0'), "park"), "login_token_expired");
    clock.advance(60s);
    const auto late = token();
    clock.advance(600s);
    EXPECT_EQ(park_outcome(main_app, late, "park"), "login_token_expired");
    EXPECT_THAT(sessions.begun(), SizeIs(1));
}

TEST_F(LoginTest, OfManyAtOnceOneVerifiesAndOneLogsIn) {
    const auto login_id = started(vezet);
    const auto right = code();
    std::atomic<int> verified = 0;
    std::string login_token;
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 6; ++i) {
            threads.emplace_back([&] {
                auto result = login.verify(vezet, login_id, right, here);
                if (auto* won = std::get_if<CodeVerified>(&result)) {
                    ++verified;
                    login_token = won->login_token;
                }
            });
        }
    }
    ASSERT_EQ(verified, 1);
    std::atomic<int> logged_in = 0;
    std::atomic<int> expired = 0;
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 6; ++i) {
            threads.emplace_back([&] {
                const auto how = park_outcome(vezet, login_token, "child-park");
                logged_in += how == "logged_in" ? 1 : 0;
                expired += how == "login_token_expired" ? 1 : 0;
            });
        }
    }
    EXPECT_EQ(logged_in, 1);
    EXPECT_EQ(expired, 5);
    EXPECT_THAT(sessions.begun(), SizeIs(1));
}

TEST_F(LoginTest, DecidesNothingOnAStaleDirectory) {
    const auto login_id = started();
    const auto right = code();
    directory.set_stale(true);
    EXPECT_EQ(started(main_app, "+79160000000"), "unavailable");
    EXPECT_EQ(outcome(main_app, login_id, right), "unavailable");
    directory.set_stale(false);
    const auto login_token = std::get<CodeVerified>(login.verify(main_app, login_id, right, here)).login_token;
    directory.set_stale(true);
    EXPECT_EQ(park_outcome(main_app, login_token, "park"), "unavailable");
    directory.set_stale(false);
    EXPECT_EQ(park_outcome(main_app, login_token, "park"), "logged_in") << "neither code nor token was spent";
}

TEST_F(LoginTest, LetsNobodyInWhileSessionsCannotBegin) {
    const auto login_token = token();
    sessions.set_away(true);
    EXPECT_THROW((void)login.choose_park(main_app, login_token, "park"), platform::StoreUnavailable);
    sessions.set_away(false);
    EXPECT_EQ(park_outcome(main_app, login_token, "park"), "login_token_expired") << "taken before";
}

TEST_F(LoginTest, WritesNoSecretIntoTheLog) {
    const auto login_id = started(vezet);
    const auto right = code();
    EXPECT_EQ(outcome(vezet, login_id, other_than(right)), "wrong_code");
    const auto login_token = std::get<CodeVerified>(login.verify(vezet, login_id, right, here)).login_token;
    EXPECT_EQ(park_outcome(vezet, login_token, "child-park"), "logged_in");
    EXPECT_THAT(log.entries("a driver logged in"), SizeIs(1));
    for (const auto& entry : log.entries()) {
        for (const auto& [name, value] : entry.fields) {
            for (const auto& secret : {phone.substr(2), right, login_id, login_token, std::string("session-1")}) {
                EXPECT_EQ(value.find(secret), std::string::npos) << entry.event << ' ' << name;
            }
        }
    }
}

TEST_F(LoginTest, CountsHowStepsEnd) {
    const auto login_token = token(vezet);
    EXPECT_EQ(park_outcome(vezet, login_token, "nowhere"), "not_your_park");
    LoginMetrics counted(registry);
    EXPECT_EQ(counted.starts.with({"vezet", "started"}).value(), 1);
    EXPECT_EQ(counted.verifications.with({"vezet", "verified"}).value(), 1);
    EXPECT_EQ(counted.parks.with({"vezet", "not_your_park"}).value(), 1);
    EXPECT_EQ(counted.parks.with({"vezet", "logged_in"}).value(), 0);
}

TEST(LoginLimits, OfMoreAreAtLeastThoseOfLess) {
    LoginLimits limits;
    limits.starts_per_address_max = 5'000;
    limits.codes_per_hour_max = 50;
    const LoginLimits raised = limits.in_order();
    EXPECT_EQ(raised.starts_per_network_max, 5'000U);
    EXPECT_EQ(raised.starts_max, 5'000U);
    EXPECT_EQ(raised.strangers_codes_per_hour_max, 50U);
    EXPECT_EQ(raised.strangers_codes_per_day_max, 60U);
    EXPECT_EQ(raised.wrong_guesses_max, 1'500U);
}

TEST(LoginSettings, NameWhatIsWrong) {
    const auto problem = [](auto change) -> std::string {
        LoginSettings settings;
        change(settings);
        try {
            settings.check();
        } catch (const std::invalid_argument& error) {
            return error.what();
        }
        return "none";
    };
    using ::testing::StartsWith;
    EXPECT_EQ(problem([](LoginSettings&) {}), "none");
    EXPECT_THAT(problem([](auto& s) { s.limits.code_ttl = 601s; }), StartsWith("login.code_ttl_s"));
    EXPECT_THAT(problem([](auto& s) { s.limits.resend_after = 0s; }), StartsWith("login.resend_after_s"));
    EXPECT_THAT(problem([](auto& s) { s.limits.attempts_max = 0; }), StartsWith("login.attempts_max"));
    EXPECT_THAT(problem([](auto& s) { s.limits.failures_max = 9; }), StartsWith("login.failures_max"));
    EXPECT_THAT(problem([](auto& s) { s.limits.starts_max = 0; }), StartsWith("login.starts_max"));
    EXPECT_THAT(problem([](auto& s) { s.limits.messages.per_park_max = 0; }), StartsWith("text_messages.budget"));
    EXPECT_THAT(problem([](auto& s) { s.region = "ru"; }), StartsWith("login.region"));
    EXPECT_THAT(problem([](auto& s) { s.message_text = "hello"; }), StartsWith("login.message_text"));
    EXPECT_THAT(problem([](auto& s) { s.message_text = "{code} {code}"; }), StartsWith("login.message_text"));
}

TEST_F(LoginTest, TheSessionKnowsThePhoneThatItWasBegunWith) {
    EXPECT_EQ(park_outcome(main_app, token(), "park"), "logged_in");
    ASSERT_THAT(sessions.begun(), SizeIs(1));
    EXPECT_EQ(sessions.begun()[0].phone, phone);
}

TEST_F(LoginTest, ARevokedPhoneEndsItsLogInsThatAreUnderWay) {
    const auto login_id = started();
    const auto sent = code();
    sessions.revoke({.kind = driver_sessions::RevocationTarget::Kind::phone, .id = phone});
    EXPECT_EQ(outcome(main_app, login_id, sent), "code_expired");

    clock.advance(1min);
    const auto login_token = token();
    sessions.revoke({.kind = driver_sessions::RevocationTarget::Kind::phone, .id = phone});
    EXPECT_EQ(park_outcome(main_app, login_token, "park"), "login_token_expired");
    EXPECT_THAT(sessions.begun(), IsEmpty());
}

TEST_F(LoginTest, ALogInThatBeginsAfterARevocationSucceeds) {
    sessions.revoke({.kind = driver_sessions::RevocationTarget::Kind::phone, .id = phone});
    EXPECT_EQ(park_outcome(main_app, token(), "park"), "logged_in");
}

TEST_F(LoginTest, ARevocationWhileAParkIsChosenBeginsNoSession) {
    const auto login_token = token();
    sessions.revoke_at_begin(phone);
    EXPECT_EQ(park_outcome(main_app, login_token, "park"), "login_token_expired");
    EXPECT_THAT(sessions.begun(), IsEmpty());
}

}  // namespace
}  // namespace twinfleet::driver_login
