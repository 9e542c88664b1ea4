#include "platform/json/object_reader.hpp"

#include <functional>
#include <limits>
#include <string>

#include <boost/json/serialize.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "platform/json/nullable.hpp"

namespace twinfleet::json {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

/// `field: what was expected`, or `nothing` when it is fine.
std::string refusal(const std::function<void()>& action) {
    try {
        action();
    } catch (const BadInput& error) {
        return error.field() + ": " + error.what();
    }
    return "nothing";
}

std::string parse_refusal(std::string_view text) {
    return refusal([text] { static_cast<void>(parse_object(text)); });
}

std::string nested(std::size_t depth) {
    return R"({"a":)" + std::string(depth - 1, '[') + std::string(depth - 1, ']') + '}';
}

TEST(JsonObject, IsParsedWhole) {
    const auto object =
        parse_object(R"( {"text":"a\u00e9\"\\","whole":-3,"large":18446744073709551615,"real":1.5,"no":null,)"
                     R"("list":[1,[],{"a":{}}],"yes":true} )");
    EXPECT_EQ(boost::json::serialize(object),
              "{\"text\":\"a\xc3\xa9\\\"\\\\\",\"whole\":-3,\"large\":18446744073709551615,\"real\":1.5E0,\"no\":null,"
              "\"list\":[1,[],{\"a\":{}}],\"yes\":true}");
    EXPECT_TRUE(parse_object("{}").empty());
}

TEST(JsonObject, RefusesWhatIsMalformed) {
    for (const auto* text :
         {"", " ", "{", "{}}", "{} {}", "{a:1}", "{\"a\":1,}", "{'a':1}", "{\"a\":01}", "{\"a\":NaN}", "{\"a\":1} x",
          "{\"a\":\"\n\"}", "{\"a\":\"\\ud800\"}", "// c\n{}", "\xef\xbb\xbf{}", "{\"a\":\"\xff\"}", "{\"\xc0\xaf\":1}",
          "{\"a\":1e400}", "{\"a\":-1e999999999}"}) {
        EXPECT_THAT(parse_refusal(text), HasSubstr(": expected one JSON object")) << text;
    }
    for (const auto* text : {"[]", "1", "null", "\"{}\""}) {
        EXPECT_EQ(parse_refusal(text), ": expected a JSON object") << text;
    }
}

TEST(JsonObject, IsNestedNoDeeperThan32) {
    EXPECT_EQ(parse_refusal(nested(32)), "nothing");
    EXPECT_THAT(parse_refusal(nested(33)), HasSubstr("nested 32 deep at most"));
    EXPECT_THAT(parse_refusal(nested(1'000'000)), HasSubstr("nested 32 deep at most"));
}

TEST(JsonObject, RefusesRepeatedNamesAtAnyDepth) {
    for (const auto* text : {R"({"a":1,"a":1})", R"({"b":[{"a":1,"c":2,"a":3}]})", R"({"a":1,"\u0061":1})"}) {
        EXPECT_EQ(parse_refusal(text), ": expected each name once in an object") << text;
    }
    EXPECT_EQ(parse_refusal(R"({"a":{"a":[{"a":1},{"a":1}]}})"), "nothing");
}

TEST(JsonObject, ReadsNumbersToTheLastBit) {
    const auto object = parse_object(
        R"({"a":55.751244,"b":37.618423000000001,"c":0.1e-6,"d":1.7976931348623157e308,"e":5e-324,"f":1e-400,)"
        R"("g":123456789012345678901234567890,"h":-0.0,"i":179769313486231570000000000000000000000})");
    EXPECT_EQ(object.at("a").as_double(), 55.751244);
    EXPECT_EQ(object.at("b").as_double(), 37.618423);
    EXPECT_EQ(object.at("c").as_double(), 0.1e-6);
    EXPECT_EQ(object.at("d").as_double(), std::numeric_limits<double>::max());
    EXPECT_EQ(object.at("e").as_double(), 5e-324);
    EXPECT_EQ(object.at("f").as_double(), 0);
    EXPECT_EQ(object.at("g").as_double(), 123456789012345678901234567890.0);
    EXPECT_TRUE(std::signbit(object.at("h").as_double()));
    EXPECT_EQ(object.at("i").as_double(), 1.7976931348623157e38);
}

TEST(ObjectReader, ReadsEveryType) {
    const auto object = parse_object(R"({"t":"x","b":false,"i":7,"d":-0.5,"w":4,"l":["p","q"],"o":{"k":1}})");
    ObjectReader reader(object);
    EXPECT_EQ(reader.text("t"), "x");
    EXPECT_FALSE(reader.boolean("b"));
    EXPECT_EQ(reader.integer("i", 7, 7), 7);
    EXPECT_EQ(reader.number("d"), -0.5);
    EXPECT_EQ(reader.number("w"), 4);
    EXPECT_THAT(reader.texts("l", 2, 2), ElementsAre("p", "q"));
    ASSERT_NE(reader.any("o"), nullptr);
    EXPECT_TRUE(reader.any("o")->is_object());
    EXPECT_EQ(reader.any("absent"), nullptr);
    EXPECT_EQ(refusal([&] { reader.finish(); }), "nothing");
}

TEST(ObjectReader, TakesAbsentAndNullForOptionalOnly) {
    const auto object = parse_object(R"({"null":null})");
    for (const auto* name : {"null", "absent"}) {
        ObjectReader reader(object);
        EXPECT_EQ(reader.optional_text(name), std::nullopt);
        EXPECT_EQ(reader.optional_boolean(name), std::nullopt);
        EXPECT_EQ(reader.optional_integer(name, 0, 1), std::nullopt);
        EXPECT_EQ(reader.optional_texts(name, 0, 1), std::nullopt);
        const std::string field = name;
        EXPECT_EQ(refusal([&] { (void)reader.text(name); }), field + ": expected a text");
        EXPECT_EQ(refusal([&] { (void)reader.boolean(name); }), field + ": expected true or false");
        EXPECT_EQ(refusal([&] { (void)reader.integer(name, 0, 1); }), field + ": expected a whole number from 0 to 1");
        EXPECT_EQ(refusal([&] { (void)reader.number(name); }), field + ": expected a number");
        EXPECT_EQ(refusal([&] { (void)reader.texts(name, 0, 1); }), field + ": expected a list of texts");
    }
}

TEST(ObjectReader, RefusesAnotherType) {
    const auto object = parse_object(R"({"t":"1","i":1,"l":["a",2]})");
    ObjectReader reader(object, "items[3]");
    EXPECT_EQ(refusal([&] { (void)reader.optional_text("i"); }), "items[3].i: expected a text");
    EXPECT_EQ(refusal([&] { (void)reader.optional_boolean("i"); }), "items[3].i: expected true or false");
    EXPECT_EQ(refusal([&] { (void)reader.optional_integer("t", 0, 9); }),
              "items[3].t: expected a whole number from 0 to 9");
    EXPECT_EQ(refusal([&] { (void)reader.number("t"); }), "items[3].t: expected a number");
    EXPECT_EQ(refusal([&] { (void)reader.optional_texts("t", 0, 9); }), "items[3].t: expected a list of texts");
    EXPECT_EQ(refusal([&] { (void)reader.texts("l", 0, 9); }), "items[3].l[1]: expected a text");
}

TEST(ObjectReader, BoundsTextsInBytes) {
    const auto object =
        parse_object("{\"t\":\"\xc3\xa9\xc3\xa9\",\"e\":\"\",\"l\":[\"a\",\"\"],\"nul\":\"a\\u0000b\"}");
    ObjectReader reader(object);
    EXPECT_EQ(reader.text("t", {.bytes_min = 4, .bytes_max = 4}), "\xc3\xa9\xc3\xa9");
    EXPECT_EQ(refusal([&] { (void)reader.text("t", {.bytes_max = 3}); }),
              "t: expected a text of 1 to 3 bytes of UTF-8");
    EXPECT_EQ(refusal([&] { (void)reader.text("t", {.bytes_min = 5, .bytes_max = 9}); }),
              "t: expected a text of 5 to 9 bytes of UTF-8");
    EXPECT_EQ(refusal([&] { (void)reader.optional_text("e"); }), "e: expected a text of 1 to 1024 bytes of UTF-8");
    EXPECT_EQ(reader.text("e", {.bytes_min = 0}), "");
    EXPECT_EQ(refusal([&] { (void)reader.texts("l", 1, 2); }), "l[1]: expected a text of 1 to 1024 bytes of UTF-8");
    EXPECT_EQ(refusal([&] { (void)reader.texts("l", 3, 9); }), "l: expected 3 to 9 texts");
    EXPECT_EQ(refusal([&] { (void)reader.texts("l", 0, 1); }), "l: expected 0 to 1 texts");
    const auto refused = refusal([&] { (void)reader.text("nul"); });
    EXPECT_EQ(refused, "nul: expected a text without NUL");
}

TEST(ObjectReader, TakesWholeNumbersHoweverTheyAreWritten) {
    const auto object = parse_object(
        R"({"a":5.0,"b":5e2,"c":5.5,"d":9223372036854775807,"e":9223372036854775808,"f":-9223372036854775808,"g":1e300})");
    ObjectReader reader(object);
    constexpr auto min = std::numeric_limits<std::int64_t>::min();
    constexpr auto max = std::numeric_limits<std::int64_t>::max();
    EXPECT_EQ(reader.integer("a", min, max), 5);
    EXPECT_EQ(reader.integer("b", min, max), 500);
    EXPECT_EQ(reader.integer("d", min, max), max);
    EXPECT_EQ(reader.integer("f", min, max), min);
    for (const auto* name : {"c", "e", "g"}) {
        EXPECT_THAT(refusal([&] { (void)reader.integer(name, min, max); }), HasSubstr("expected a whole number"))
            << name;
    }
    EXPECT_EQ(refusal([&] { (void)reader.integer("a", 6, 9); }), "a: expected a whole number from 6 to 9");
    EXPECT_EQ(refusal([&] { (void)reader.integer("a", 0, 4); }), "a: expected a whole number from 0 to 4");
}

TEST(ObjectReader, RefusesWhatNobodyAskedFor) {
    const auto object = parse_object(R"({"known":1,"surplus":"secret"})");
    ObjectReader reader(object, "filter");
    (void)reader.any("known");
    const auto refused = refusal([&] { reader.finish(); });
    EXPECT_EQ(refused, "filter.surplus: expected no such field");
    EXPECT_THAT(refused, Not(HasSubstr("secret")));
}

TEST(JsonObject, IsReadInOneGo) {
    const auto read_a = [](ObjectReader& reader) { return reader.text("a"); };
    EXPECT_EQ(read_object(R"({"a":"b"})", read_a), "b");
    EXPECT_EQ(refusal([&] { static_cast<void>(read_object(R"({"a":"b","c":1})", read_a)); }),
              "c: expected no such field");
    EXPECT_EQ(refusal([&] { static_cast<void>(read_object("[]", read_a)); }), ": expected a JSON object");
}

TEST(Nullable, IsNullForNothing) {
    EXPECT_TRUE(text_or_null("").is_null());
    EXPECT_EQ(text_or_null("a"), "a");
    const auto doubled = [](int number) { return 2 * number; };
    EXPECT_TRUE(or_null(std::optional<int>(), doubled).is_null());
    EXPECT_EQ(or_null(std::optional(2), doubled), 4);
}

}  // namespace
}  // namespace twinfleet::json
