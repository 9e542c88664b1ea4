#include "platform/json/string.hpp"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <optional>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace twinfleet::json {
namespace {

std::string json_string(std::string_view text) {
    std::string line;
    append_string(line, text);
    return line;
}

TEST(JsonString, EscapesWhatJsonAndTerminalsWouldObey) {
    EXPECT_EQ(json_string("a\"b\\c\n\r\t"), R"("a\"b\\c\n\r\t")");
    EXPECT_EQ(json_string(std::string_view("\0\x1b[31m\x7f", 7)), R"("\u0000\u001b[31m\u007f")");
    EXPECT_EQ(json_string("\u009b"), R"("\u009b")");
    EXPECT_EQ(json_string("Ижевск \U0001F695"), "\"Ижевск \U0001F695\"");
}

TEST(JsonString, ReplacesBytesThatAreNotUtf8) {
    EXPECT_EQ(json_string("a\xff z"), "\"a\uFFFD z\"");
    EXPECT_EQ(json_string("\xd0"), "\"\uFFFD\"");
    EXPECT_EQ(json_string("\xd0\""), "\"\uFFFD\\\"\"");
    // Overlong, a surrogate, and above U+10FFFF.
    EXPECT_EQ(json_string("\xc0\xaf"), "\"\uFFFD\uFFFD\"");
    EXPECT_EQ(json_string("\xed\xa0\x80"), "\"\uFFFD\uFFFD\uFFFD\"");
    EXPECT_EQ(json_string("\xf4\x90\x80\x80"), "\"\uFFFD\uFFFD\uFFFD\uFFFD\"");
}

/// A reader of JSON strings, written apart from the writer: RFC 8259 section 7 for the grammar, RFC 3629 section 4 for
/// UTF-8. Gives the characters, or nothing when the string is not one.
std::optional<std::vector<char32_t>> read_string(const std::string& text) {
    std::vector<char32_t> characters;
    if (text.size() < 2 || text.front() != '"' || text.back() != '"') {
        return std::nullopt;
    }
    const auto byte = [&text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    std::size_t i = 1;
    while (i < text.size() - 1) {
        const char32_t first = byte(i);
        if (first < 0x20 || first == '"') {
            return std::nullopt;
        }
        if (first == '\\') {
            const char escape = text[i + 1];
            if (escape == 'u') {
                characters.push_back(static_cast<char32_t>(std::stoul(text.substr(i + 2, 4), nullptr, 16)));
                i += 6;
                continue;
            }
            const std::string_view names = "\"\\nrt";
            const auto at = names.find(escape);
            if (at == std::string_view::npos) {
                return std::nullopt;
            }
            characters.push_back(static_cast<char32_t>("\"\\\n\r\t"[at]));
            i += 2;
            continue;
        }
        const std::size_t length = first < 0x80   ? 1
                                   : first < 0xc2 ? 0
                                   : first < 0xe0 ? 2
                                   : first < 0xf0 ? 3
                                   : first < 0xf5 ? 4
                                                  : 0;
        if (length == 0 || i + length > text.size() - 1) {
            return std::nullopt;
        }
        char32_t code = length == 1 ? first : first & (0xffU >> (length + 1));
        for (std::size_t j = 1; j < length; ++j) {
            if ((byte(i + j) & 0xc0U) != 0x80) {
                return std::nullopt;
            }
            code = code << 6U | (byte(i + j) & 0x3fU);
        }
        characters.push_back(code);
        i += length;
    }
    return characters;
}

RC_GTEST_PROP(JsonStringProperty, AnyBytesMakeOneJsonString, (const std::vector<std::uint8_t>& bytes)) {
    const std::string text(bytes.begin(), bytes.end());
    const auto line = json_string(text);
    RC_ASSERT(line.find('\n') == std::string::npos);
    const auto characters = read_string(line);
    RC_ASSERT(characters.has_value());
    // What was ASCII comes back as it was, in order.
    std::string ascii_in;
    std::copy_if(text.begin(), text.end(), std::back_inserter(ascii_in),
                 [](char c) { return static_cast<unsigned char>(c) < 0x80; });
    std::string ascii_out;
    for (const char32_t code : *characters) {
        if (code < 0x80) {
            ascii_out += static_cast<char>(code);
        }
    }
    RC_ASSERT(ascii_in == ascii_out);
}

RC_GTEST_PROP(JsonStringProperty, CharactersComeBackAsTheyWere, ()) {
    const auto codes = *rc::gen::container<std::vector<std::uint32_t>>(
        rc::gen::oneOf(rc::gen::inRange(0U, 0x80U), rc::gen::inRange(0x80U, 0x800U), rc::gen::inRange(0x800U, 0xd800U),
                       rc::gen::inRange(0xe000U, 0x10000U), rc::gen::inRange(0x10000U, 0x110000U)));
    std::string text;
    for (const auto code : codes) {
        const auto put = [&text](std::uint32_t value) { text += static_cast<char>(value); };
        if (code < 0x80) {
            put(code);
        } else if (code < 0x800) {
            put(0xc0U | code >> 6U);
            put(0x80U | (code & 0x3fU));
        } else if (code < 0x10000) {
            put(0xe0U | code >> 12U);
            put(0x80U | (code >> 6U & 0x3fU));
            put(0x80U | (code & 0x3fU));
        } else {
            put(0xf0U | code >> 18U);
            put(0x80U | (code >> 12U & 0x3fU));
            put(0x80U | (code >> 6U & 0x3fU));
            put(0x80U | (code & 0x3fU));
        }
    }
    const auto characters = read_string(json_string(text));
    RC_ASSERT(characters.has_value());
    RC_ASSERT(std::vector<std::uint32_t>(characters->begin(), characters->end()) == codes);
}

}  // namespace
}  // namespace twinfleet::json
