#include "domain/phone.hpp"

#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace twinfleet::domain {
namespace {

TEST(NormalizePhone, ReadsOneNumberHoweverItIsWritten) {
    for (const char* text : {"+79031234567", "+7 903 123-45-67", "8 (903) 123-45-67", "89031234567", "9031234567",
                             "  +7(903)1234567 ", "7 903 123 45 67", "\uFF0B79031234567"}) {
        EXPECT_EQ(normalize_phone(text, "RU"), "+79031234567") << text;
    }
}

TEST(NormalizePhone, TakesTheCountryFromAPlusAndFromTheRegionOtherwise) {
    EXPECT_EQ(normalize_phone("+1 312-555-0123", "RU"), "+13125550123");
    EXPECT_EQ(normalize_phone("(312) 555-0123", "US"), "+13125550123");
    EXPECT_EQ(normalize_phone("(312) 555-0123", "RU"), std::nullopt);
    EXPECT_EQ(normalize_phone("+375 29 123-45-67", "RU"), "+375291234567");
    EXPECT_EQ(normalize_phone("8 029 123-45-67", "BY"), "+375291234567");
    EXPECT_EQ(normalize_phone("8 701 123 45 67", "KZ"), "+77011234567");
}

TEST(NormalizePhone, RefusesWhatIsNoNumber) {
    const std::vector<std::string> texts = {"",
                                            "+",
                                            "+7",
                                            "abc",
                                            "12",
                                            "112",
                                            "+7903123456",
                                            "+790312345678",
                                            "+70000000000",
                                            "+99931234567",
                                            "1-800-FLOWERS",
                                            "+7 903 123-45-67 ext. 5",
                                            "+79031234567;ext=5",
                                            "tel:+79031234567;phone-context=+1",
                                            std::string("+7903123\xff") + "4567x",
                                            std::string(65, '7'),
                                            std::string(100'000, '+'),
                                            std::string("+79031234567\0", 13) + std::string(60, '1')};
    for (const auto& text : texts) {
        EXPECT_EQ(normalize_phone(text, "RU"), std::nullopt) << text.substr(0, 80);
    }
}

TEST(NormalizePhone, RefusesEverythingWithoutAPlusInARegionThatIsNone) {
    EXPECT_EQ(normalize_phone("89031234567", "XX"), std::nullopt);
    EXPECT_EQ(normalize_phone("+79031234567", "XX"), "+79031234567");
    EXPECT_TRUE(is_phone_region("RU"));
    EXPECT_FALSE(is_phone_region("XX"));
    EXPECT_FALSE(is_phone_region(""));
}

RC_GTEST_PROP(NormalizePhone, GivesE164ThatIsItsOwnNormalForm, ()) {
    const auto noise = rc::gen::container<std::string>(rc::gen::elementOf(std::string("  -()0123456789")));
    const auto text = *rc::gen::elementOf(std::vector<std::string>{"", "+", "8", "+7", "+1", "+4930", "8903"}) + *noise;
    const auto once = normalize_phone(text, "RU");
    RC_CLASSIFY(once.has_value(), "a number");
    if (once) {
        RC_ASSERT(normalize_phone(*once, "US") == once);
    }
}

RC_GTEST_PROP(NormalizePhone, TakesAnyBytes, (const std::string& text)) {
    const auto phone = normalize_phone(text, "RU");
    if (phone) {
        RC_ASSERT(phone->starts_with('+'));
        RC_ASSERT(phone->size() <= 16U);
    }
}

RC_GTEST_PROP(NormalizePhone, GivesTheSameForEveryWayToWriteARussianMobileNumber, ()) {
    const auto digits = std::to_string(*rc::gen::inRange(9'030'000'000, 9'069'999'999));
    const auto e164 = normalize_phone("+7" + digits, "RU");
    RC_ASSERT(e164 == "+7" + digits);
    RC_ASSERT(normalize_phone("8" + digits, "RU") == e164);
    RC_ASSERT(normalize_phone(digits, "RU") == e164);
    RC_ASSERT(normalize_phone("+7 (" + digits.substr(0, 3) + ") " + digits.substr(3), "US") == e164);
}

TEST(NormalizePhone, WorksFromManyThreads) {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([] {
            for (int j = 0; j < 50; ++j) {
                EXPECT_EQ(normalize_phone("8 903 123-45-" + std::to_string(10 + j), "RU"),
                          "+790312345" + std::to_string(10 + j));
            }
        });
    }
}

TEST(MaskedPhone, LeavesTheCountryAndTheLastTwoDigits) {
    EXPECT_EQ(masked_phone("+79031234567"), "+7********67");
    EXPECT_EQ(masked_phone("+375291234567"), "+37********67");
}

TEST(MaskedPhone, ShowsNothingOfOtherText) {
    EXPECT_EQ(masked_phone("89031234567"), "***********");
    EXPECT_EQ(masked_phone("+7 903"), "******");
    EXPECT_EQ(masked_phone("+112"), "****");
    EXPECT_EQ(masked_phone(""), "");
}

}  // namespace
}  // namespace twinfleet::domain
