#include "platform/json/shown.hpp"

#include <gtest/gtest.h>

#include "platform/json/bad_input.hpp"

namespace twinfleet::json {
namespace {

TEST(Shown, LeavesShortTextsAsTheyAre) {
    EXPECT_EQ(shown(""), "");
    EXPECT_EQ(shown("ids[3].name"), "ids[3].name");
    EXPECT_EQ(shown("Ижевск"), "Ижевск");
    EXPECT_EQ(shown(std::string(shown_characters_max, 'x')), std::string(shown_characters_max, 'x'));
}

TEST(Shown, CutsLongTextsBetweenCharacters) {
    EXPECT_EQ(shown(std::string(900'000, 'x')), std::string(shown_characters_max - 1, 'x') + "…");
    std::string expected;
    std::string long_text;
    for (std::size_t i = 0; i < 100; ++i) {
        long_text += "я";
        expected += i + 1 < shown_characters_max ? "я" : "";
    }
    EXPECT_EQ(shown(long_text), expected + "…");
}

TEST(Shown, PutsAMarkInPlaceOfWhatCannotBePrinted) {
    EXPECT_EQ(shown("a\r\nb\x1b[0m\x7f"), "a??b?[0m?");
    EXPECT_EQ(shown("\xc2\x85"), "?") << "a control character of two bytes";
    EXPECT_EQ(shown("\xff"
                    "a\xd0"),
              "?a?");
}

TEST(BadInput, ClipsTheNameThatAClientChose) {
    EXPECT_EQ(BadInput("phone", "expected a text").field(), "phone");
    EXPECT_EQ(BadInput(std::string(900'000, 'n'), "expected no such field").field(), shown(std::string(900'000, 'n')));
}

}  // namespace
}  // namespace twinfleet::json
