#include <array>
#include <stdexcept>

#include <gtest/gtest.h>

#include "platform/postgres/pool.hpp"

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
    EXPECT_THROW(literal.add(std::string_view("b\0c", 3)), std::invalid_argument);
    literal.add("d");
    EXPECT_EQ(std::move(literal).take(), R"({"a","d"})");
}

}  // namespace
}  // namespace twinfleet::postgres
