#include "platform/http/percent.hpp"

#include <gtest/gtest.h>

namespace twinfleet::http {
namespace {

TEST(PercentCoding, EncodesAllButUnreservedCharacters) {
    EXPECT_EQ(percent_encode("AZaz09-._~"), "AZaz09-._~");
    EXPECT_EQ(percent_encode("a b/c?d&e=f+g%h"), "a%20b%2Fc%3Fd%26e%3Df%2Bg%25h");
    EXPECT_EQ(percent_encode("\xd1\x8f"), "%D1%8F");
    EXPECT_EQ(percent_encode(std::string_view("\0", 1)), "%00");
    EXPECT_EQ(percent_encode(""), "");
}

TEST(PercentCoding, DecodesWhatWasEncoded) {
    EXPECT_EQ(percent_decode("a%20b%2fC"), "a b/C");
    EXPECT_EQ(percent_decode("%D1%8F"), "\xd1\x8f");
    EXPECT_EQ(percent_decode("a+b"), "a+b");
    EXPECT_EQ(percent_decode(""), "");
    for (const char* text : {"a b", "a/b", "\"<>\\^`{|}", "\xd1\x8f", "[]", "100%25"}) {
        EXPECT_EQ(percent_decode(percent_encode(text)), text);
    }
}

TEST(PercentCoding, LeavesWhatAUrlShouldHaveEncodedAsItIs) {
    EXPECT_EQ(percent_decode("{a}|\"b\""), "{a}|\"b\"");
    EXPECT_EQ(percent_decode("\xd1\x8f"), "\xd1\x8f");
}

TEST(PercentCoding, RefusesWhatIsNoUtf8OrHoldsNul) {
    for (const char* text : {"%", "%4", "%4g", "%zz", "a%", "%%41", "%00", "a%00b", "%ff", "%C3", "%c3%28", "%C0%AF",
                             "%ed%a0%80", "\xff"}) {
        EXPECT_EQ(percent_decode(text), std::nullopt) << text;
        EXPECT_EQ(percent_decode_query(text), std::nullopt) << text;
    }
    EXPECT_EQ(percent_decode(std::string_view("a\0", 2)), std::nullopt);
}

TEST(PercentCoding, ReadsAPlusOfAQueryAsASpace) {
    EXPECT_EQ(percent_decode_query("a+b%2Bc%20d"), "a b+c d");
    EXPECT_EQ(percent_decode_query("abc"), "abc");
}

}  // namespace
}  // namespace twinfleet::http
