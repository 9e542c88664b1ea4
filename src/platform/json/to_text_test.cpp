#include "platform/json/to_text.hpp"

#include <charconv>
#include <cmath>
#include <limits>

#include <boost/json/parse.hpp>
#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace twinfleet::json {
namespace {

TEST(JsonText, WritesEveryKindOfValue) {
    const std::string text =
        R"({"null":null,"yes":true,"no":false,"least":-9223372036854775808,"greatest":18446744073709551615,)"
        R"("text":"Чикаго \"\\\n","none":[],"nothing":{},"list":[1,[2],{"a":3}]})";
    EXPECT_EQ(to_text(boost::json::parse(text)), text);
}

TEST(JsonText, WritesNumbersAsAPersonWouldRead) {
    for (const auto& [number, text] :
         {std::pair(10.0, "10"), std::pair(-0.0000001, "-0.0000001"), std::pair(1e14, "100000000000000"),
          std::pair(0.1, "0.1"), std::pair(-1234.5, "-1234.5"), std::pair(0.0, "0"), std::pair(1e300, "1e+300"),
          std::pair(std::nan(""), "null"), std::pair(std::numeric_limits<double>::infinity(), "null")}) {
        EXPECT_EQ(to_text(number), text);
    }
}

TEST(JsonText, WritesNumbersThatReadAsTheSame) {
    EXPECT_TRUE(rc::check([](double number) {
        RC_PRE(std::isfinite(number));
        for (const double scaled : {number, number * 1e-8, number * 1e12}) {
            const std::string text = to_text(scaled);
            double read = 0;
            RC_ASSERT(std::from_chars(text.data(), text.data() + text.size(), read).ptr == text.data() + text.size());
            RC_ASSERT(read == scaled);
        }
    }));
}

TEST(JsonText, WritesAsManyDecimalsAsAreAskedFor) {
    const boost::json::value value{{"seconds", 2.0},
                                   {"count", 7},
                                   {"list", {0.0004, -1.5, std::nan(""), std::numeric_limits<double>::infinity()}},
                                   {"text", "1.5"}};
    EXPECT_EQ(to_text(value, 3), R"({"seconds":2.000,"count":7,"list":[0.000,-1.500,null,null],"text":"1.5"})");
    EXPECT_EQ(to_text(2.5, 0), "2");
    EXPECT_EQ(to_text(std::numeric_limits<double>::lowest(), 3).size(), std::string_view("-.000").size() + 309);
    EXPECT_EQ(to_text(std::numeric_limits<double>::max(), 17).size(), std::string_view(".").size() + 17 + 309);
}

TEST(JsonText, AddsMembersThatAreJsonAlready) {
    std::string object = "{}";
    append_member(object, "first", R"({"a": 1.0})");
    append_member(object, "a\"\x1b", "null");
    EXPECT_EQ(object, R"({"first":{"a": 1.0},"a\"\u001b":null})");
}

TEST(JsonText, WritesWhatIsNoUtf8AsSomethingThatIs) {
    EXPECT_EQ(to_text("a\xff"
                      "b"),
              "\"a\uFFFDb\"");
}

}  // namespace
}  // namespace twinfleet::json
