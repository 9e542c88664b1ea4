#include "platform/config/scalar.hpp"

#include <gtest/gtest.h>

namespace twinfleet::config::detail {
namespace {

Node plain(std::string text) {
    Node node;
    node.kind = Node::Kind::plain;
    node.text = std::move(text);
    return node;
}

TEST(Scalar, IsABooleanInTheCoreSchemaAlone) {
    EXPECT_EQ(as_boolean("true"), true);
    EXPECT_EQ(as_boolean("FALSE"), false);
    for (const char* text : {"yes", "on", "tRUE", "1", ""}) {
        EXPECT_EQ(as_boolean(text), std::nullopt) << text;
    }
}

TEST(Scalar, IsAWholeNumberThatAllVersionsOfYamlReadAlike) {
    EXPECT_EQ(as_integer("0"), 0);
    EXPECT_EQ(as_integer("-12"), -12);
    EXPECT_EQ(as_integer("+12"), 12);
    for (const char* text : {"", "-", "012", "0x1f", "0o17", "1.0", "1e3", "1 ", "9223372036854775808"}) {
        EXPECT_EQ(as_integer(text), std::nullopt) << text;
    }
}

TEST(Scalar, IsADecimalNumber) {
    EXPECT_EQ(as_real("1.5"), 1.5);
    EXPECT_EQ(as_real("+.5"), 0.5);
    EXPECT_EQ(as_real("1."), 1.0);
    EXPECT_EQ(as_real("-2e3"), -2'000.0);
    for (const char* text : {"", ".", "e3", "1e", ".inf", ".nan", "0x1f", "1e999"}) {
        EXPECT_EQ(as_real(text), std::nullopt) << text;
    }
}

TEST(Scalar, IsATextUnlessYamlWouldTakeItForSomethingElse) {
    for (const char* text : {"true", "5", "-0.5", "0x1f", ".inf", "-.NaN"}) {
        EXPECT_FALSE(is_text(plain(text))) << text;
        Node quoted = plain(text);
        quoted.kind = Node::Kind::quoted;
        EXPECT_TRUE(is_text(quoted)) << text;
    }
    for (const char* text : {"yes", "0x", "1.2.3", "five", "-"}) {
        EXPECT_TRUE(is_text(plain(text))) << text;
    }
    EXPECT_FALSE(is_text(Node()));
}

TEST(Scalar, IsDescribedWithoutItsTextWhenItIsASecret) {
    EXPECT_EQ(describe(plain("5")), "the number 5");
    EXPECT_EQ(describe(plain("5"), true), "a number");
    EXPECT_EQ(describe(plain("word")), "\"word\"");
    EXPECT_EQ(describe(plain("word"), true), "a text");
    EXPECT_EQ(describe(Node()), "nothing");
}

}  // namespace
}  // namespace twinfleet::config::detail
