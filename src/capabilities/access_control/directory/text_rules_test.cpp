#include "capabilities/access_control/directory/text_rules.hpp"

#include <string>

#include <gtest/gtest.h>

namespace twinfleet::access_control {
namespace {

using namespace std::string_view_literals;

TEST(TextRules, CharactersAreCountedNotBytes) {
    EXPECT_EQ(character_count(""), 0U);
    EXPECT_EQ(character_count("abc"), 3U);
    EXPECT_EQ(character_count("Ижевск"), 6U);
    EXPECT_EQ(character_count("🚕a"), 2U);
}

TEST(TextRules, ControlCharactersAreFound) {
    EXPECT_TRUE(has_control_characters("a\nb"));
    EXPECT_TRUE(has_control_characters("\x7f"));
    EXPECT_TRUE(has_control_characters("a\0b"sv));
    EXPECT_FALSE(has_control_characters(" Ижевск 🚕~"));
}

TEST(TextRules, APhoneIsOneOfE164) {
    for (const char* phone : {"+79990001122", "+1234567", "+123456789012345"}) {
        EXPECT_TRUE(is_phone(phone)) << phone;
    }
    for (const char* text : {"", "+", "79990001122", "+09990001122", "+123456", "+1234567890123456", "+7999000112a",
                             "+7 999 000 11 22", " +79990001122", "+79990001122\n"}) {
        EXPECT_FALSE(is_phone(text)) << text;
    }
}

}  // namespace
}  // namespace twinfleet::access_control
