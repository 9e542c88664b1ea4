#include "platform/postgres/array_literal.hpp"

#include <array>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include "platform/errors/store_error.hpp"

namespace twinfleet::postgres {
namespace {

std::string literal_of(std::initializer_list<std::string_view> values) {
    ArrayLiteral literal;
    for (const auto value : values) {
        literal.add(value);
    }
    return std::move(literal).take();
}

TEST(ArrayLiteral, NoValues) {
    EXPECT_EQ(literal_of({}), "{}");
}

TEST(ArrayLiteral, QuotesEveryText) {
    EXPECT_EQ(literal_of({"a", "", "NULL", "a,b", "{}", " a ", "it's"}), R"({"a","","NULL","a,b","{}"," a ","it's"})");
}

TEST(ArrayLiteral, EscapesQuotesAndBackslashes) {
    EXPECT_EQ(literal_of({R"(")", R"(\)", R"(a"b\c)", R"(\")", R"(\\)"}), R"({"\"","\\","a\"b\\c","\\\"","\\\\"})");
}

TEST(ArrayLiteral, WritesNullUnquoted) {
    ArrayLiteral literal(3);
    literal.add_null();
    literal.add("x");
    literal.add_null();
    EXPECT_EQ(std::move(literal).take(), R"({NULL,"x",NULL})");
}

TEST(ArrayLiteral, WritesBytesAsEscapedHex) {
    constexpr std::array<std::uint8_t, 4> bytes{0x00, 0x0f, 0xa5, 0xff};
    ArrayLiteral literal;
    literal.add_bytea(bytes);
    literal.add_bytea({});
    EXPECT_EQ(std::move(literal).take(), R"({"\\x000fa5ff","\\x"})");
}

TEST(ArrayLiteral, RefusesNulAndStaysUsable) {
    ArrayLiteral literal;
    literal.add("a");
    EXPECT_THROW(literal.add(std::string_view("b\0c", 3)), platform::StoreRefused);
    literal.add("d");
    EXPECT_EQ(std::move(literal).take(), R"({"a","d"})");
}

TEST(ArrayLiteral, IsMadeOfWhatAProjectionGives) {
    struct Item {
        std::string name;
        std::int64_t number = 0;
        std::optional<std::array<std::uint8_t, 2>> bytes;
    };
    const std::vector<Item> items{{"a,b", std::numeric_limits<std::int64_t>::min(), {{0x01, 0xff}}}, {"", 7, {}}};
    EXPECT_EQ(array_of(items, &Item::name), R"({"a,b",""})");
    EXPECT_EQ(array_of(items, &Item::number), "{-9223372036854775808,7}");
    EXPECT_EQ(array_of(items, &Item::bytes), R"({"\\x01ff",NULL})");
    EXPECT_EQ(array_of(std::vector<std::string>{"x"}), R"({"x"})");
}

}  // namespace
}  // namespace twinfleet::postgres
