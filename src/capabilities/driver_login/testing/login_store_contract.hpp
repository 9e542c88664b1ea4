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
    /// A stranger's at that address.
    static Device at(const std::string& address) { return {.key = hex(address)}; }
    CodeAdded add(const std::string& login, const std::string& family = "taximeter", const std::string& phone = "phone",
                  const Device& device = at("here")) {
        return store.add_code({.phone_key = hex(phone),
                               .login_key = hex(login),
                               .code_digest = hex("right " + login),
                               .sealed_phone = hex("sealed " + phone),
                               .family = family,
                               .device = device},
                              clock.now());
    }
    CodeAdded::Outcome added(const std::string& login, const std::string& family = "taximeter",
                             const std::string& phone = "phone", const Device& device = at("here")) {
        return add(login, family, phone, device).outcome;
    }
    /// `code` is `right`, `wrong` or `right` and another login.
    Guessed guessed(const std::string& login, const std::string& code, const std::string& family = "taximeter",
                    const std::string& phone = "phone", const Device& device = at("here"),
                    const DeviceKeys& remembered = {}) {
        const bool is_of_another = code.find(' ') != std::string::npos;
        return store.guess({.login = {.phone_key = hex(phone), .device = device},
                            .login_key = hex(login),
                            .code_digest = hex(is_of_another ? code : code + ' ' + login),
                            .family = family,
                            .token_key = hex("token of " + login),
                            .remembered = remembered},
                           clock.now());
    }
    GuessOutcome guess(const std::string& login, const std::string& code, const std::string& family = "taximeter",
                       const std::string& phone = "phone", const Device& device = at("here")) {
        return guessed(login, code, family, phone, device).outcome;
    }
    /// A device that has logged in to the phone, which takes a code: by its token, or by the address.
    Device known(const std::string& name, const std::string& phone = "phone", bool has_token = true) {
        const DeviceKeys keys{.token_key = has_token ? hex(name) : "", .address_key = hex(name + " address")};
        EXPECT_EQ(added("of " + name, "taximeter", phone, at(name + " before")), CodeAdded::Outcome::added);
        EXPECT_EQ(guessed("of " + name, "right", "taximeter", phone, at(name + " before"), keys).outcome,
                  GuessOutcome::right);
        return store.recognize(hex(phone), keys, clock.now());
    }
    Counted count(CountedStep step, const std::string& address, const std::string& network,
                  Acquaintance acquaintance = Acquaintance::stranger) {
        return store.count(step, {.address_key = hex(address), .network_key = hex(network)}, acquaintance, clock.now());
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
    EXPECT_EQ(this->store.find_login(this->hex("a"), this->clock.now()),
              (StartedLogin{.phone_key = this->hex("phone"), .device = this->at("here")}));
    EXPECT_EQ(this->guess("a", "wrong"), GuessOutcome::wrong);
    this->clock.advance(1ms);
    EXPECT_EQ(this->store.find_login(this->hex("a"), this->clock.now()), std::nullopt);
    EXPECT_EQ(this->guess("a", "right"), GuessOutcome::expired);
    EXPECT_EQ(this->store.find_login(this->hex("never"), this->clock.now()), std::nullopt);
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

TYPED_TEST_P(LoginStoreContract, TheFifthWrongCodeEndsAllThatTheDeviceAskedFor) {
    using namespace std::chrono_literals;
    EXPECT_EQ(this->added("a"), CodeAdded::Outcome::added);
    EXPECT_EQ(this->added("v", "vezet"), CodeAdded::Outcome::added);
    EXPECT_EQ(this->added("p", "taximeter", "another phone"), CodeAdded::Outcome::added);
    EXPECT_EQ(this->added("o", "taximeter", "phone", this->at("there")), CodeAdded::Outcome::added);
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
    EXPECT_EQ(this->guess("o", "right", "taximeter", "phone", this->at("there")), GuessOutcome::right)
        << "another device's";

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

TYPED_TEST_P(LoginStoreContract, WhatAStrangerUsesUpIsNotTheOwners) {
    using namespace std::chrono_literals;
    for (int i = 0; i < 5; ++i) {
        ASSERT_EQ(this->added("s" + std::to_string(i), "taximeter", "phone", this->at("stranger")),
                  CodeAdded::Outcome::added);
        this->clock.advance(60s);
    }
    EXPECT_EQ(this->added("s", "taximeter", "phone", this->at("stranger")), CodeAdded::Outcome::too_many_codes);
    EXPECT_EQ(this->added("o", "taximeter", "phone", this->at("owner")), CodeAdded::Outcome::added);
    EXPECT_EQ(this->added("t", "taximeter", "phone", this->at("other stranger")), CodeAdded::Outcome::added)
        << "nor does anybody learn that the owner is logging in";
    for (int i = 0; i < 5; ++i) {
        (void)this->guess("t", "wrong", "taximeter", "phone", this->at("other stranger"));
    }
    EXPECT_EQ(this->guess("t", "wrong", "taximeter", "phone", this->at("other stranger")), GuessOutcome::expired);
    EXPECT_EQ(this->guess("o", "right", "taximeter", "phone", this->at("owner")), GuessOutcome::right);
}

TYPED_TEST_P(LoginStoreContract, AllStrangersOfAPhoneHaveACeilingThatKnownDevicesDoNotMeet) {
    using namespace std::chrono_literals;
    const Device known = this->known("owner");
    EXPECT_EQ(known.acquaintance, Acquaintance::known_device);
    // The owner's first one came from a stranger, then.
    for (int i = 1; i < 30; ++i) {
        const std::string name = std::to_string(i);
        ASSERT_EQ(this->added(name, "taximeter", "phone", this->at(name)), CodeAdded::Outcome::added) << i;
    }
    const auto refused = this->add("x", "taximeter", "phone", this->at("x"));
    EXPECT_EQ(refused.outcome, CodeAdded::Outcome::too_many_of_strangers);
    EXPECT_EQ(refused.retry_after, 1h);
    EXPECT_EQ(this->added("k", "taximeter", "phone", known), CodeAdded::Outcome::added);
    EXPECT_EQ(this->added("y", "taximeter", "another phone", this->at("x")), CodeAdded::Outcome::added);
    this->clock.advance(1h);
    EXPECT_EQ(this->added("x", "taximeter", "phone", this->at("x")), CodeAdded::Outcome::added);
}

TYPED_TEST_P(LoginStoreContract, FailuresInARowStopStrangersButNotKnownDevices) {
    using namespace std::chrono_literals;
    const Device known = this->known("owner");
    int guesses = 0;
    for (int i = 0; i < 20; ++i) {
        const auto device = this->at("stranger " + std::to_string(i));
        const std::string login = std::to_string(i);
        if (this->added(login, "taximeter", "phone", device) != CodeAdded::Outcome::added) {
            continue;
        }
        while (true) {
            const auto outcome = this->guess(login, "wrong", "taximeter", "phone", device);
            if (outcome != GuessOutcome::wrong && outcome != GuessOutcome::too_many) {
                break;
            }
            ++guesses;
        }
    }
    EXPECT_EQ(guesses, 50);
    const auto refused = this->add("x", "taximeter", "phone", this->at("x"));
    EXPECT_EQ(refused.outcome, CodeAdded::Outcome::too_many_of_strangers);
    EXPECT_EQ(refused.retry_after, 168h);

    EXPECT_EQ(this->added("k", "taximeter", "phone", known), CodeAdded::Outcome::added);
    EXPECT_EQ(this->guess("k", "wrong", "taximeter", "phone", known), GuessOutcome::wrong);
    EXPECT_EQ(this->guess("k", "right", "taximeter", "phone", known), GuessOutcome::right);
    EXPECT_EQ(this->added("x", "taximeter", "phone", this->at("x")), CodeAdded::Outcome::added)
        << "the owner's success ends the count";
}

TYPED_TEST_P(LoginStoreContract, AKnownDeviceHasATenthOfTheFailuresAndThenCountsAsAStranger) {
    using namespace std::chrono_literals;
    const Device known = this->known("owner");
    const auto guess_as = [&](const Device& device, int logins) {
        int guesses = 0;
        for (int i = 0; i < logins; ++i) {
            const std::string login = device.key + std::to_string(guesses) + std::to_string(i);
            if (this->added(login, i % 2 == 0 ? "taximeter" : "vezet", "phone", device) != CodeAdded::Outcome::added) {
                break;
            }
            for (int j = 0; j < 5; ++j) {
                const auto outcome = this->guess(login, "wrong", i % 2 == 0 ? "taximeter" : "vezet", "phone", device);
                guesses += outcome == GuessOutcome::wrong || outcome == GuessOutcome::too_many ? 1 : 0;
            }
        }
        return guesses;
    };
    for (int i = 0; i < 10; ++i) {
        ASSERT_EQ(guess_as(this->at("stranger " + std::to_string(i)), 1), 5);
    }
    EXPECT_EQ(guess_as(known, 2), 10);
    this->clock.advance(60s);
    EXPECT_EQ(guess_as(known, 1), 0);
    EXPECT_EQ(this->added("k", "taximeter", "phone", known), CodeAdded::Outcome::too_many_of_strangers);
}

TYPED_TEST_P(LoginStoreContract, ACountOfFailuresLapsesByItsPartOfThePause) {
    using namespace std::chrono_literals;
    const auto fail = [&](const std::string& phone, const std::string& name, int times) {
        for (int i = 0; i < times; ++i) {
            const std::string login = name + std::to_string(i);
            EXPECT_EQ(this->added(login, "taximeter", phone, this->at(login)), CodeAdded::Outcome::added);
            EXPECT_EQ(this->guess(login, "wrong", "taximeter", phone, this->at(login)), GuessOutcome::wrong);
        }
    };
    // One failure of 50 lapses after a 50th of a week.
    constexpr auto part = std::chrono::milliseconds(168h) / 50;
    fail("slow", "a", 25);
    fail("quick", "a", 25);
    this->clock.advance(25 * part - 1ms);
    fail("quick", "b", 25);
    const auto refused = this->add("x", "taximeter", "quick", this->at("x"));
    EXPECT_EQ(refused.outcome, CodeAdded::Outcome::too_many_of_strangers);
    EXPECT_EQ(refused.retry_after, 168h);
    this->clock.advance(1ms);
    fail("slow", "b", 25);
    EXPECT_EQ(this->added("x", "taximeter", "slow", this->at("x")), CodeAdded::Outcome::added);
    this->clock.advance(168h - 1ms);
    EXPECT_EQ(this->added("y", "taximeter", "quick", this->at("x")), CodeAdded::Outcome::added);
}

TYPED_TEST_P(LoginStoreContract, APhoneKnowsTheDevicesThatLoggedInLast) {
    using namespace std::chrono_literals;
    const auto knows = [&](const std::string& token, const std::string& address) {
        return this->store
            .recognize(this->hex("phone"), {.token_key = this->hex(token), .address_key = this->hex(address)},
                       this->clock.now())
            .acquaintance;
    };
    EXPECT_EQ(knows("a", "a address"), Acquaintance::stranger);
    EXPECT_EQ(this->known("a").key, this->hex("a"));
    EXPECT_EQ(knows("a", "elsewhere"), Acquaintance::known_device);
    EXPECT_EQ(knows("", "a address"), Acquaintance::known_address);
    EXPECT_EQ(knows("b", "a address"), Acquaintance::known_address);
    EXPECT_EQ(
        this->store.recognize(this->hex("another phone"), {this->hex("a"), this->hex("a address")}, this->clock.now())
            .acquaintance,
        Acquaintance::stranger);
    for (const auto* name : {"b", "c", "d"}) {
        this->clock.advance(1s);
        (void)this->known(name);
    }
    EXPECT_EQ(knows("a", "a address"), Acquaintance::stranger) << "three devices and two addresses are remembered";
    EXPECT_EQ(knows("b", "b address"), Acquaintance::known_device);
    EXPECT_EQ(knows("", "b address"), Acquaintance::stranger);
    EXPECT_EQ(knows("", "d address"), Acquaintance::known_address);
    this->clock.advance(90 * 24h);
    EXPECT_EQ(knows("d", "d address"), Acquaintance::stranger);
}

TYPED_TEST_P(LoginStoreContract, AForgottenPhoneKnowsNobodyAndHasNoLogins) {
    (void)this->known("owner");
    this->store.put_token(this->hex("token of of owner"), {"00", "taximeter"}, this->clock.now());
    EXPECT_EQ(this->added("v", "vezet"), CodeAdded::Outcome::added);
    this->store.forget_phone(this->hex("phone"));
    EXPECT_EQ(
        this->store.recognize(this->hex("phone"), {this->hex("owner"), this->hex("owner address")}, this->clock.now())
            .acquaintance,
        Acquaintance::stranger);
    EXPECT_EQ(this->guess("v", "right", "vezet"), GuessOutcome::expired);
    EXPECT_EQ(this->store.find_token(this->hex("token of of owner"), this->clock.now()), std::nullopt);
}

TYPED_TEST_P(LoginStoreContract, TheCodeBeforeIsAcceptedWithTheNewestLogin) {
    using namespace std::chrono_literals;
    const auto resent = [&](const std::string& login) {
        EXPECT_EQ(this->added(login), CodeAdded::Outcome::added);
        this->clock.advance(60s);
    };
    resent("a");
    resent("b");
    resent("c");
    EXPECT_EQ(this->guess("c", "right a"), GuessOutcome::wrong) << "only the one before";
    EXPECT_EQ(this->guess("a", "right b"), GuessOutcome::wrong) << "not a later one";
    const auto late = this->guessed("c", "right b");
    EXPECT_EQ(late.outcome, GuessOutcome::right);
    EXPECT_EQ(late.sealed_phone, this->hex("sealed phone"));
    EXPECT_EQ(late.replaced_token_key, "");
    EXPECT_EQ(this->guess("c", "right"), GuessOutcome::expired) << "one use";
    const auto again = this->guessed("b", "right");
    EXPECT_EQ(again.outcome, GuessOutcome::right) << "its own login is older";
    EXPECT_EQ(again.replaced_token_key, this->hex("token of c"));
    EXPECT_EQ(this->guess("b", "right"), GuessOutcome::expired);
    this->store.end_logins(this->hex("phone"), "taximeter");
    EXPECT_EQ(this->guess("a", "right"), GuessOutcome::expired) << "the driver has a session";
}

TYPED_TEST_P(LoginStoreContract, ACodeBeforeThatHasExpiredIsNotAccepted) {
    using namespace std::chrono_literals;
    EXPECT_EQ(this->added("a"), CodeAdded::Outcome::added);
    this->clock.advance(290s);
    EXPECT_EQ(this->added("b"), CodeAdded::Outcome::added);
    this->clock.advance(10s);
    EXPECT_EQ(this->guess("b", "right a"), GuessOutcome::wrong);
}

TYPED_TEST_P(LoginStoreContract, ACodeBeforeOfAnotherDeviceOrAppIsNotAccepted) {
    using namespace std::chrono_literals;
    EXPECT_EQ(this->added("a", "taximeter", "phone", this->at("there")), CodeAdded::Outcome::added);
    EXPECT_EQ(this->added("v", "vezet"), CodeAdded::Outcome::added);
    this->clock.advance(1s);
    EXPECT_EQ(this->added("b"), CodeAdded::Outcome::added);
    EXPECT_EQ(this->guess("b", "right a"), GuessOutcome::wrong);
    EXPECT_EQ(this->guess("b", "right v"), GuessOutcome::wrong);
}

TYPED_TEST_P(LoginStoreContract, ACodeThatWasGivenBackIsNotCounted) {
    using namespace std::chrono_literals;
    for (int i = 0; i < 20; ++i) {
        const auto login = std::to_string(i);
        ASSERT_EQ(this->added(login), CodeAdded::Outcome::added) << i;
        this->store.give_back(
            {.phone_key = this->hex("phone"), .device = this->at("here"), .added_at = this->clock.now()});
        EXPECT_EQ(this->added(login + "x"), CodeAdded::Outcome::resend_too_early);
        this->clock.advance(60s);
    }
    EXPECT_EQ(this->guess("19", "right"), GuessOutcome::right) << "it may have arrived after all";
    for (int i = 0; i < 5; ++i) {
        EXPECT_EQ(this->added("n" + std::to_string(i)), CodeAdded::Outcome::added);
        this->clock.advance(60s);
    }
    EXPECT_EQ(this->added("x"), CodeAdded::Outcome::too_many_codes);
}

TYPED_TEST_P(LoginStoreContract, StepsAreLimitedByAddressInAnyWindow) {
    using namespace std::chrono_literals;
    for (const auto step : {CountedStep::start, CountedStep::guess}) {
        const auto begin = [&](const std::string& address) {
            return this->count(step, address, "net of " + address).retry_after;
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
        this->store.uncount(step, {this->hex("one"), this->hex("net of one")}, Acquaintance::stranger);
        EXPECT_EQ(begin("one"), 0ms);
    }
}

TYPED_TEST_P(LoginStoreContract, StepsAreLimitedByNetworkAndInTotal) {
    using namespace std::chrono_literals;
    for (int i = 0; i < 400; ++i) {
        ASSERT_EQ(this->count(CountedStep::start, std::to_string(i), "net").retry_after, 0ms);
    }
    EXPECT_EQ(this->count(CountedStep::start, "x", "net").outcome, Counted::Outcome::too_many_from_here);
    EXPECT_EQ(this->count(CountedStep::start, "x", "net", Acquaintance::known_address).outcome,
              Counted::Outcome::too_many_from_here);
    EXPECT_EQ(this->count(CountedStep::start, "x", "net", Acquaintance::known_device).outcome,
              Counted::Outcome::counted);
    for (int i = 400; i < 3'000; ++i) {
        ASSERT_EQ(this->count(CountedStep::start, std::to_string(i), std::to_string(i)).retry_after, 0ms);
    }
    const auto refused = this->count(CountedStep::start, "y", "y");
    EXPECT_EQ(refused.outcome, Counted::Outcome::too_many_in_total);
    EXPECT_EQ(refused.retry_after, 600s);
    EXPECT_EQ(this->count(CountedStep::start, "z", "z", Acquaintance::known_address).outcome,
              Counted::Outcome::counted);
    EXPECT_EQ(this->count(CountedStep::guess, "y", "y").outcome, Counted::Outcome::counted);
}

TYPED_TEST_P(LoginStoreContract, AnAddressThatIsANetworkHasTheLimitOfAnAddress) {
    using namespace std::chrono_literals;
    const Origin origin{.address_key = "", .network_key = this->hex("192.0.2.1")};
    for (int i = 0; i < 100; ++i) {
        ASSERT_EQ(this->store.count(CountedStep::start, origin, Acquaintance::stranger, this->clock.now()).retry_after,
                  0ms);
    }
    EXPECT_EQ(this->store.count(CountedStep::start, origin, Acquaintance::stranger, this->clock.now()).outcome,
              Counted::Outcome::too_many_from_here);
    this->store.uncount(CountedStep::start, origin, Acquaintance::stranger);
    EXPECT_EQ(this->store.count(CountedStep::start, origin, Acquaintance::stranger, this->clock.now()).outcome,
              Counted::Outcome::counted);
}

TYPED_TEST_P(LoginStoreContract, MessagesHaveBudgets) {
    using namespace std::chrono_literals;
    const MessageCount russian{.country = 7};
    const MessageCount to_known{.country = 7, .is_to_known_device = true};
    const auto counted = [&](const MessageCount& message, const std::vector<std::string>& parks) {
        return this->store.count_message(message, parks, this->clock.now());
    };
    for (int i = 0; i < 1'000; ++i) {
        ASSERT_EQ(counted(russian, {"one"}), MessageCeiling::none);
    }
    EXPECT_EQ(counted(russian, {"one"}), MessageCeiling::park);
    EXPECT_EQ(counted(russian, {"one", "two"}), MessageCeiling::none) << "another of his parks";
    EXPECT_EQ(counted(to_known, {"one"}), MessageCeiling::none);
    EXPECT_EQ(this->store.message_wait(russian, this->clock.now()), 0ms);
    for (int i = 1'001; i < 3'000; ++i) {
        ASSERT_EQ(counted(russian, {std::to_string(i)}), MessageCeiling::none);
    }
    EXPECT_EQ(this->store.message_wait(russian, this->clock.now()), 1h);
    EXPECT_EQ(this->store.message_wait({.country = 998}, this->clock.now()), 0ms);
    EXPECT_EQ(this->store.message_wait(to_known, this->clock.now()), 0ms);
    EXPECT_EQ(counted(russian, {"x"}), MessageCeiling::country);
    for (int i = 3'000; i < 5'000; ++i) {
        ASSERT_EQ(counted({.country = 998}, {std::to_string(i)}), MessageCeiling::none);
    }
    EXPECT_EQ(counted({.country = 1}, {"y"}), MessageCeiling::all);
    EXPECT_EQ(this->store.message_wait({.country = 1}, this->clock.now()), 1h);
    this->clock.advance(1h);
    EXPECT_EQ(counted(russian, {"one"}), MessageCeiling::none);
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
                                             starts += this->count(CountedStep::start, "a", "a").retry_after == 0ms;
                                         }
                                         return false;
                                     }),
              0);
    EXPECT_EQ(starts, 100);
}

REGISTER_TYPED_TEST_SUITE_P(
    LoginStoreContract, ACodeWorksOnce, ACodeEndsByItsTime, AResendWaitsPerPhoneAndFamilyAndLeavesTheFirstCodeGood,
    FourWrongCodesAndThenTheRightOne, TheFifthWrongCodeEndsAllThatTheDeviceAskedFor, WrongCodesAreCountedAcrossAResend,
    AnotherFamilysGuessDoesNotCount, CodesOfAPhoneAreLimitedByHourAndByDay, WhatAStrangerUsesUpIsNotTheOwners,
    AllStrangersOfAPhoneHaveACeilingThatKnownDevicesDoNotMeet, FailuresInARowStopStrangersButNotKnownDevices,
    AKnownDeviceHasATenthOfTheFailuresAndThenCountsAsAStranger, ACountOfFailuresLapsesByItsPartOfThePause,
    APhoneKnowsTheDevicesThatLoggedInLast, AForgottenPhoneKnowsNobodyAndHasNoLogins,
    TheCodeBeforeIsAcceptedWithTheNewestLogin, ACodeBeforeThatHasExpiredIsNotAccepted,
    ACodeBeforeOfAnotherDeviceOrAppIsNotAccepted, ACodeThatWasGivenBackIsNotCounted,
    StepsAreLimitedByAddressInAnyWindow, StepsAreLimitedByNetworkAndInTotal,
    AnAddressThatIsANetworkHasTheLimitOfAnAddress, MessagesHaveBudgets, ATokenEndsWhenItIsTakenOrByItsTime,
    ManyAtOnceGetNoMoreThanOneAfterTheOther);

}  // namespace twinfleet::driver_login::testing
