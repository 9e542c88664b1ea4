#include "capabilities/driver_login/secrets/login_secrets.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <stdexcept>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "capabilities/driver_sessions/revocation/subjects.hpp"

namespace twinfleet::driver_login {
namespace {

const std::string key(64, 'k');

TEST(LoginSecrets, NeedsAKeyThatCannotBeGuessed) {
    EXPECT_THROW(LoginSecrets(""), std::invalid_argument);
    EXPECT_THROW(LoginSecrets(std::string(31, 'k')), std::invalid_argument);
    EXPECT_NO_THROW(LoginSecrets(std::string(32, 'k')));
}

TEST(LoginSecrets, MakesCodesOfSixDigitsThatAreEvenlySpread) {
    constexpr int codes = 20'000;
    std::array<int, 10> firsts{};
    std::array<int, 10> lasts{};
    for (int i = 0; i < codes; ++i) {
        const auto code = LoginSecrets::random_code();
        ASSERT_EQ(code.size(), 6U);
        ASSERT_TRUE(std::all_of(code.begin(), code.end(), [](char c) { return c >= '0' && c <= '9'; })) << code;
        ++firsts.at(static_cast<std::size_t>(code.front() - '0'));
        ++lasts.at(static_cast<std::size_t>(code.back() - '0'));
    }
    // Chi-squared with 9 degrees of freedom is over 45 once in a million runs.
    for (const auto& counts : {firsts, lasts}) {
        constexpr double expected = codes / 10.0;
        double chi_squared = 0;
        for (const int count : counts) {
            chi_squared += (count - expected) * (count - expected) / expected;
        }
        EXPECT_LT(chi_squared, 45);
    }
}

TEST(LoginSecrets, MakesIdsAndTokensThatDiffer) {
    std::set<std::string> made;
    for (int i = 0; i < 100; ++i) {
        made.insert(LoginSecrets::random_id());
        made.insert(LoginSecrets::random_token());
    }
    EXPECT_EQ(made.size(), 200U);
    EXPECT_EQ(LoginSecrets::random_id().size(), 32U);
    EXPECT_EQ(LoginSecrets::random_token().size(), 64U);
}

TEST(LoginSecrets, DigestsDependOnKeyPurposeAndText) {
    const LoginSecrets secrets(key);
    const auto digest = secrets.digest("phone", "+79031234567");
    EXPECT_EQ(digest.size(), 64U);
    EXPECT_EQ(LoginSecrets(key).digest("phone", "+79031234567"), digest) << "all replicas";
    EXPECT_NE(secrets.digest("phone", "+79031234568"), digest);
    EXPECT_NE(secrets.digest("code", "+79031234567"), digest);
    EXPECT_NE(secrets.digest("phone+7", "9031234567"), digest);
    EXPECT_NE(LoginSecrets(std::string(64, 'l')).digest("phone", "+79031234567"), digest);
    EXPECT_NE(LoginSecrets::of_this_process().digest("phone", "x"),
              LoginSecrets::of_this_process().digest("phone", "x"));
}

RC_GTEST_PROP(LoginSecrets, OpensWhatItSealedAndNothingElse, (const std::string& text, const std::string& junk)) {
    const LoginSecrets secrets(key);
    auto sealed = secrets.seal(text);
    RC_ASSERT(secrets.open(sealed) == text);
    RC_ASSERT(sealed != secrets.seal(text));
    RC_ASSERT(!LoginSecrets(std::string(64, 'l')).open(sealed));
    RC_ASSERT(!secrets.open(junk));
    RC_ASSERT(!secrets.open(sealed + "0"));
    RC_ASSERT(!secrets.open(sealed.substr(2)));
    auto& digit = sealed.at(*rc::gen::inRange<std::size_t>(0, sealed.size()));
    digit = digit == '0' ? '1' : '0';
    RC_ASSERT(!secrets.open(sealed));
}

TEST(LoginSecrets, TheDigestOfASessionsPhoneTellsItsKey) {
    const LoginSecrets secrets(key);
    const auto digest = secrets.session_phone_digest("+79031234567");
    EXPECT_EQ(digest, LoginSecrets(key).session_phone_digest("+79031234567")) << "all replicas";
    EXPECT_EQ(digest.size(), driver_sessions::phone_key_digits + 64);
    EXPECT_NE(digest, secrets.session_phone_digest("+79031234568"));
    EXPECT_TRUE(driver_sessions::is_same_key(digest, secrets.session_phone_digest("+79031234568")));
    const LoginSecrets other(std::string(64, 'l'));
    EXPECT_FALSE(driver_sessions::is_same_key(digest, other.session_phone_digest("+79031234567")));
}

}  // namespace
}  // namespace twinfleet::driver_login
