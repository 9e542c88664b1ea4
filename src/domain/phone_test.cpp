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
    EXPECT_EQ(normalize_phone("(312) 555-0123", "RU"), "+73125550123");
    EXPECT_EQ(normalize_phone("555-0123", "RU"), std::nullopt);
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
                                            "+99931234567",
                                            "1-800-FLOWERS",
                                            "+7 903 123-45-67 ext. 5",
                                            "+79031234567;ext=5",
                                            "tel:+79031234567;phone-context=+1",
                                            std::string("+7903123\xff") + "4567x",
                                            std::string(65, '7'),
                                            std::string(257, ' ') + "+79031234567",
                                            "+7 903 123-45-67 доб. 5",
                                            std::string(100'000, '+'),
                                            std::string("+79031234567\0", 13) + std::string(60, '1')};
    for (const auto& text : texts) {
        EXPECT_EQ(normalize_phone(text, "RU"), std::nullopt) << text.substr(0, 80);
    }
}

/// Ranges that were opened after libphonenumber's numbering plans of 2022 were written down.
TEST(NormalizePhone, TakesRangesThatTheNumberingPlanDoesNotKnow) {
    for (const std::string number : {"+998201234567", "+998501234567", "+998871234567", "+992191234567",
                                     "+992331234567", "+996600123456", "+380751234567", "+995501123456"}) {
        EXPECT_EQ(normalize_phone(number, "RU"), number);
    }
    EXPECT_EQ(normalize_phone("20 123 45 67", "UZ"), "+998201234567");
}

/// As phones, messengers and web pages hand numbers over.
TEST(NormalizePhone, ReadsWhatWasPasted) {
    const std::vector<std::string> texts = {"\u202a+7 903 123-45-67\u202c",
                                            "\u2066+79031234567\u2069",
                                            "\u2068+7 903 123-45-67\u2069",
                                            "\u200e+79031234567",
                                            "\u202d+79031234567\u202c",
                                            "+7\u200b9031234567",
                                            "\ufeff+79031234567",
                                            "+7\u00a0903\u00a0123\u201145\u201167",
                                            "+7\u202f903\u202f123\u202f45\u202f67",
                                            "\u3000+7\u2003903\u2009123\u205f4567",
                                            "+7 903 123\u201245\u201267",
                                            "+7 903 123\u221245\ufe6367",
                                            "+7\ufe0d 903 123 45 67",
                                            "+7\ufe0f\u20e3 903 123 45 67",
                                            "+7 903 123\u00ad45\u00ad67",
                                            "\uff0b\uff17\uff19\uff10\uff13\uff11\uff12\uff13\uff14\uff15\uff16\uff17",
                                            "+\u0667\u0669\u0660\u0663\u0661\u0662\u0663\u0664\u0665\u0666\u0667",
                                            "\t+79031234567\r\n",
                                            "tel:+79031234567",
                                            " TEL:+7-903-123-45-67",
                                            "tel:%2B79031234567",
                                            "tel:89031234567",
                                            "8~10 7 903 1234567",
                                            "+7\u20609031234567",
                                            "+7(903)123.45.67",
                                            "+7 903/123-45-67",
                                            "тел. 8 903 123 45 67"};
    for (const auto& text : texts) {
        EXPECT_EQ(normalize_phone(text, "RU"), "+79031234567") << text;
    }
}

TEST(ReadPhone, GivesNumbersThatAreNotPossibleForWhoeverKnowsThem) {
    const auto short_one = read_phone("+7 903 123-45-6", "RU");
    ASSERT_TRUE(short_one);
    EXPECT_EQ(short_one->e164, "+7903123456");
    EXPECT_FALSE(short_one->is_possible);
    const auto unknown_country = read_phone("+999 312 345-67", "RU");
    ASSERT_TRUE(unknown_country);
    EXPECT_EQ(unknown_country->e164, "+99931234567");
    EXPECT_FALSE(unknown_country->is_possible);
    EXPECT_FALSE(read_phone("+999 31", "RU"));
    EXPECT_FALSE(read_phone("+9993123456789012", "RU"));
}

TEST(CallingCode, IsThatOfTheCountry) {
    EXPECT_EQ(calling_code("+79031234567"), 7);
    EXPECT_EQ(calling_code("+77011234567"), 7);
    EXPECT_EQ(calling_code("+998201234567"), 998);
    EXPECT_EQ(calling_code("+13125550123"), 1);
    EXPECT_EQ(calling_code("+99931234567"), 0);
    EXPECT_EQ(calling_code("89031234567"), 0);
    EXPECT_EQ(calling_code(""), 0);
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
