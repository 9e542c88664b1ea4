#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "capabilities/driver_login/store/login_limits.hpp"
#include "capabilities/driver_login/store/login_store.hpp"
#include "platform/clock/testing/manual_clock.hpp"

namespace twinfleet::driver_login::testing {

/// What every LoginStore does. `Maker` has `LoginStore& store()`, a store with the default LoginLimits that remembers
/// nothing.
template <typename Maker>
class LoginStoreContract : public ::testing::Test {
protected:
    LoginStoreContract() { clock.advance(std::chrono::hours(24 * 365 * 55)); }

    static std::string hex(const std::string& text) {
        std::string digits;
        for (const char c : text) {
            constexpr std::string_view symbols = "0123456789abcdef";
            digits += symbols[static_cast<unsigned char>(c) >> 4U];
            digits += symbols[static_cast<unsigned char>(c) & 15U];
        }
        return digits;
    }
    CodeAdded add(const std::string& login, const std::string& family = "taximeter",
                  const std::string& phone = "phone") {
        return store.add_code({.phone_key = hex(phone),
                               .login_key = hex(login),
                               .code_digest = hex("right " + login),
                               .sealed_phone = hex("sealed " + phone),
                               .family = family},
                              clock.now());
    }
    CodeAdded::Outcome added(const std::string& login, const std::string& family = "taximeter",
                             const std::string& phone = "phone") {
        return add(login, family, phone).outcome;
    }
    GuessOutcome guess(const std::string& login, const std::string& code, const std::string& family = "taximeter",
                       const std::string& phone = "phone") {
        return store.guess({.phone_key = hex(phone),
                            .login_key = hex(login),
                            .code_digest = hex(code + ' ' + login),
                            .family = family},
                           clock.now());
    }
    /// How many of so many calls at once return true.
    template <typename Call>
    static int count_of_threads(int threads, const Call& call) {
        std::atomic<int> count = 0;
        {
            std::vector<std::jthread> running;
            for (int i = 0; i < threads; ++i) {
                running.emplace_back([&, i] { count += call(i) ? 1 : 0; });
            }
        }
        return count;
    }

    Maker maker;
    LoginStore& store = maker.store();
    platform::testing::ManualClock clock;
};

TYPED_TEST_SUITE_P(LoginStoreContract);

TYPED_TEST_P(LoginStoreContract, ACodeWorksOnce) {
    EXPECT_EQ(this->added("a"), CodeAdded::Outcome::added);
    EXPECT_EQ(this->guess("a", "right"), GuessOutcome::right);
    EXPECT_EQ(this->guess("a", "right"), GuessOutcome::expired);
    EXPECT_EQ(this->guess("never", "right"), GuessOutcome::expired);
}

TYPED_TEST_P(LoginStoreContract, ACodeEndsByItsTime) {
    using namespace std::chrono_literals;
    EXPECT_EQ(this->added("a"), CodeAdded::Outcome::added);
    this->clock.advance(300s - 1ms);
    EXPECT_EQ(this->store.phone_of(this->hex("a"), this->clock.now()), this->hex("sealed phone"));
    EXPECT_EQ(this->guess("a", "wrong"), GuessOutcome::wrong);
    this->clock.advance(1ms);
    EXPECT_EQ(this->store.phone_of(this->hex("a"), this->clock.now()), std::nullopt);
    EXPECT_EQ(this->guess("a", "right"), GuessOutcome::expired);
    EXPECT_EQ(this->store.phone_of(this->hex("never"), this->clock.now()), std::nullopt);
}

TYPED_TEST_P(LoginStoreContract, AResendWaitsPerPhoneAndFamilyAndLeavesTheFirstCodeGood) {
    using namespace std::chrono_literals;
    EXPECT_EQ(this->added("a"), CodeAdded::Outcome::added);
    this->clock.advance(20s);
    const auto early = this->add("b");
    EXPECT_EQ(early.outcome, CodeAdded::Outcome::resend_too_early);
    EXPECT_EQ(early.retry_after, 40s);
    EXPECT_EQ(this->guess("b", "right"), GuessOutcome::expired);
    EXPECT_EQ(this->added("v", "vezet"), CodeAdded::Outcome::added) << "another family";
    EXPECT_EQ(this->added("p", "taximeter", "another phone"), CodeAdded::Outcome::added);
    this->clock.advance(40s);
    EXPECT_EQ(this->added("b"), CodeAdded::Outcome::added);
    EXPECT_EQ(this->guess("a", "right"), GuessOutcome::right) << "a text message may overtake another";
    EXPECT_EQ(this->guess("b", "right"), GuessOutcome::expired) << "the login is done";
    EXPECT_EQ(this->guess("v", "right", "vezet"), GuessOutcome::right);
}

TYPED_TEST_P(LoginStoreContract, FourWrongCodesAndThenTheRightOne) {
    EXPECT_EQ(this->added("a"), CodeAdded::Outcome::added);
    for (int i = 0; i < 4; ++i) {
        EXPECT_EQ(this->guess("a", "wrong"), GuessOutcome::wrong);
    }
    EXPECT_EQ(this->guess("a", "right"), GuessOutcome::right);
}

TYPED_TEST_P(LoginStoreContract, TheFifthWrongCodeEndsAllOfThePhone) {
    using namespace std::chrono_literals;
    EXPECT_EQ(this->added("a"), CodeAdded::Outcome::added);
    EXPECT_EQ(this->added("v", "vezet"), CodeAdded::Outcome::added);
    EXPECT_EQ(this->added("p", "taximeter", "another phone"), CodeAdded::Outcome::added);
    this->clock.advance(60s);
    EXPECT_EQ(this->added("b"), CodeAdded::Outcome::added);
    for (const auto* login : {"a", "b", "a", "b"}) {
        EXPECT_EQ(this->guess(login, "wrong"), GuessOutcome::wrong);
    }
    EXPECT_EQ(this->guess("v", "wrong", "vezet"), GuessOutcome::too_many) << "whatever the login";
    EXPECT_EQ(this->guess("a", "right"), GuessOutcome::expired);
    EXPECT_EQ(this->guess("b", "right"), GuessOutcome::expired);
    EXPECT_EQ(this->guess("v", "right", "vezet"), GuessOutcome::expired);
    EXPECT_EQ(this->guess("p", "right", "taximeter", "another phone"), GuessOutcome::right);

    this->clock.advance(60s);
    EXPECT_EQ(this->added("c"), CodeAdded::Outcome::added);
    EXPECT_EQ(this->guess("c", "wrong"), GuessOutcome::wrong) << "counted anew";
}

TYPED_TEST_P(LoginStoreContract, WrongCodesAreCountedAcrossAResend) {
    using namespace std::chrono_literals;
    EXPECT_EQ(this->added("a"), CodeAdded::Outcome::added);
    for (int i = 0; i < 4; ++i) {
        EXPECT_EQ(this->guess("a", "wrong"), GuessOutcome::wrong);
    }
    this->clock.advance(60s);
    EXPECT_EQ(this->added("b"), CodeAdded::Outcome::added);
    EXPECT_EQ(this->guess("b", "wrong"), GuessOutcome::too_many);
}

TYPED_TEST_P(LoginStoreContract, AnotherFamilysGuessDoesNotCount) {
    EXPECT_EQ(this->added("a"), CodeAdded::Outcome::added);
    for (int i = 0; i < 10; ++i) {
        EXPECT_EQ(this->guess("a", i == 9 ? "right" : "wrong", "vezet"), GuessOutcome::wrong_app);
    }
    EXPECT_EQ(this->guess("a", "right"), GuessOutcome::right);
}

TYPED_TEST_P(LoginStoreContract, CodesOfAPhoneAreLimitedByHourAndByDay) {
    using namespace std::chrono_literals;
    int count = 0;
    const auto add_five = [&] {
        for (int i = 0; i < 5; ++i) {
            EXPECT_EQ(this->added(std::to_string(count++)), CodeAdded::Outcome::added);
            this->clock.advance(60s);
        }
    };
    add_five();
    auto refused = this->add("x");
    EXPECT_EQ(refused.outcome, CodeAdded::Outcome::too_many_codes);
    EXPECT_EQ(refused.retry_after, 55min) << "when the first is an hour old";
    EXPECT_EQ(this->added("x", "vezet"), CodeAdded::Outcome::too_many_codes) << "whatever the family";
    EXPECT_EQ(this->added("x", "taximeter", "another phone"), CodeAdded::Outcome::added);
    this->clock.advance(55min - 1ms);
    EXPECT_EQ(this->add("x").retry_after, 1ms);
    this->clock.advance(1h);
    add_five();
    this->clock.advance(1h);
    refused = this->add("x");
    EXPECT_EQ(refused.outcome, CodeAdded::Outcome::too_many_codes);
    EXPECT_EQ(refused.retry_after, 24h - (5min + 55min - 1ms + 1h + 5min + 1h));
    this->clock.advance(refused.retry_after);
    EXPECT_EQ(this->added("x"), CodeAdded::Outcome::added);
    EXPECT_EQ(this->guess("x", "right"), GuessOutcome::right);
}

TYPED_TEST_P(LoginStoreContract, StartsOfAnAddressAreLimitedInAnyWindow) {
    using namespace std::chrono_literals;
    const auto begin = [&](const std::string& address) {
        return this->store.count_start(this->hex(address), this->clock.now());
    };
    for (int i = 0; i < 100; ++i) {
        ASSERT_EQ(begin("one"), 0ms);
        this->clock.advance(1s);
    }
    EXPECT_EQ(begin("one"), 500s);
    EXPECT_EQ(begin("another"), 0ms);
    this->clock.advance(500s - 1ms);
    EXPECT_EQ(begin("one"), 1ms);
    this->clock.advance(1ms);
    EXPECT_EQ(begin("one"), 0ms) << "the refused ones did not count";
    EXPECT_EQ(begin("one"), 1s) << "the window moves";
}

TYPED_TEST_P(LoginStoreContract, ATokenEndsWhenItIsTakenOrByItsTime) {
    using namespace std::chrono_literals;
    const LoginToken token{.sealed_phone = this->hex("sealed"), .family = "vezet:x"};
    const auto now = [&] { return this->clock.now(); };
    this->store.put_token("aa", token, now());
    this->store.put_token("bb", token, now());
    EXPECT_EQ(this->store.find_token("cc", now()), std::nullopt);
    EXPECT_FALSE(this->store.take_token("cc", now()));
    EXPECT_EQ(this->store.find_token("aa", now()), token);
    EXPECT_TRUE(this->store.take_token("aa", now()));
    EXPECT_FALSE(this->store.take_token("aa", now()));
    EXPECT_EQ(this->store.find_token("aa", now()), std::nullopt);
    this->clock.advance(600s - 1ms);
    EXPECT_EQ(this->store.find_token("bb", now()), token);
    this->clock.advance(1ms);
    EXPECT_EQ(this->store.find_token("bb", now()), std::nullopt);
    EXPECT_FALSE(this->store.take_token("bb", now()));
}

TYPED_TEST_P(LoginStoreContract, ManyAtOnceGetNoMoreThanOneAfterTheOther) {
    using namespace std::chrono_literals;
    const int threads = 8;
    EXPECT_EQ(
        this->count_of_threads(
            threads, [&](int i) { return this->added("login " + std::to_string(i)) == CodeAdded::Outcome::added; }),
        1)
        << "codes";
    this->clock.advance(60s);
    ASSERT_EQ(this->added("a"), CodeAdded::Outcome::added);
    std::atomic<int> wrong = 0;
    std::atomic<int> too_many = 0;
    EXPECT_EQ(this->count_of_threads(threads,
                                     [&](int) {
                                         for (int i = 0; i < 25; ++i) {
                                             const auto outcome = this->guess("a", "wrong");
                                             wrong += outcome == GuessOutcome::wrong ? 1 : 0;
                                             too_many += outcome == GuessOutcome::too_many ? 1 : 0;
                                         }
                                         return false;
                                     }),
              0);
    EXPECT_EQ(wrong, 4);
    EXPECT_EQ(too_many, 1);
    this->clock.advance(60s);
    ASSERT_EQ(this->added("b"), CodeAdded::Outcome::added);
    EXPECT_EQ(this->count_of_threads(threads, [&](int) { return this->guess("b", "right") == GuessOutcome::right; }),
              1);
    this->store.put_token("aa", {.sealed_phone = "00", .family = "f"}, this->clock.now());
    EXPECT_EQ(this->count_of_threads(threads, [&](int) { return this->store.take_token("aa", this->clock.now()); }), 1);
    std::atomic<int> starts = 0;
    EXPECT_EQ(this->count_of_threads(threads,
                                     [&](int) {
                                         for (int i = 0; i < 20; ++i) {
                                             starts += this->store.count_start("aa", this->clock.now()) == 0ms ? 1 : 0;
                                         }
                                         return false;
                                     }),
              0);
    EXPECT_EQ(starts, 100);
}

REGISTER_TYPED_TEST_SUITE_P(LoginStoreContract, ACodeWorksOnce, ACodeEndsByItsTime,
                            AResendWaitsPerPhoneAndFamilyAndLeavesTheFirstCodeGood, FourWrongCodesAndThenTheRightOne,
                            TheFifthWrongCodeEndsAllOfThePhone, WrongCodesAreCountedAcrossAResend,
                            AnotherFamilysGuessDoesNotCount, CodesOfAPhoneAreLimitedByHourAndByDay,
                            StartsOfAnAddressAreLimitedInAnyWindow, ATokenEndsWhenItIsTakenOrByItsTime,
                            ManyAtOnceGetNoMoreThanOneAfterTheOther);

}  // namespace twinfleet::driver_login::testing
