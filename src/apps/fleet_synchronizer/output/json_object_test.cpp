#include "apps/fleet_synchronizer/output/json_object.hpp"

#include <array>
#include <limits>

#include <gtest/gtest.h>

namespace twinfleet::fleet_synchronizer {
namespace {

TEST(JsonObject, WritesMembersInOrder) {
    const std::array<std::string, 2> texts{"a", "\""};
    EXPECT_EQ(JsonObject()
                  .text("text", "x")
                  .text_or_null("empty", "")
                  .number("whole", 7)
                  .number("seconds", 0.0004)
                  .number("large", 1234567.0)
                  .boolean("yes", true)
                  .null("nothing")
                  .texts("texts", texts)
                  .raw("raw", "{}")
                  .take(),
              R"({"text":"x","empty":null,"whole":7,"seconds":0.000,"large":1234567.000,"yes":true,"nothing":null,)"
              R"("texts":["a","\""],"raw":{}})");
}

TEST(JsonObject, MayBeEmpty) {
    EXPECT_EQ(JsonObject().take(), "{}");
}

TEST(JsonObject, HoldsAnyBytesAndNumbers) {
    EXPECT_EQ(JsonObject().text("id", "a\xff\n\x1b\"").take(), "{\"id\":\"a\xef\xbf\xbd\\n\\u001b\\\"\"}");
    EXPECT_EQ(JsonObject().number("x", std::numeric_limits<double>::quiet_NaN()).take(), R"({"x":null})");
    EXPECT_EQ(JsonObject().number("x", std::numeric_limits<double>::infinity()).take(), R"({"x":null})");
    EXPECT_EQ(JsonObject().number("x", std::numeric_limits<double>::max()).take().size(), 309U + 4U + 6U);
}

TEST(Printable, QuotesWhatATerminalWouldObey) {
    EXPECT_EQ(printable("0af3"), "0af3");
    EXPECT_EQ(printable("Ижевск"), "Ижевск");
    EXPECT_EQ(printable(""), "\"\"");
    EXPECT_EQ(printable("New York"), "\"New York\"");
    EXPECT_EQ(printable("\x1b[2J"), "\"\\u001b[2J\"");
}

}  // namespace
}  // namespace twinfleet::fleet_synchronizer
