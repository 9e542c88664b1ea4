#include "domain/license.hpp"

#include <array>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace twinfleet::domain {
namespace {

std::string utf8(char32_t c) {
    const auto byte = [](std::uint32_t bits) { return static_cast<char>(static_cast<std::uint8_t>(bits)); };
    if (c < 0x80) {
        return {byte(c)};
    }
    if (c < 0x800) {
        return {byte(0xc0U | c >> 6U), byte(0x80U | (c & 0x3fU))};
    }
    if (c < 0x10000) {
        return {byte(0xe0U | c >> 12U), byte(0x80U | (c >> 6U & 0x3fU)), byte(0x80U | (c & 0x3fU))};
    }
    return {byte(0xf0U | c >> 18U), byte(0x80U | (c >> 12U & 0x3fU)), byte(0x80U | (c >> 6U & 0x3fU)),
            byte(0x80U | (c & 0x3fU))};
}

bool is_surrogate(char32_t c) {
    return c >= 0xd800 && c <= 0xdfff;
}

TEST(NormalizeLicense, DropsSpacesAndHyphensAndRaisesCase) {
    EXPECT_EQ(normalize_license(" ab-12 34\t56 "), "AB123456");
}

TEST(NormalizeLicense, MakesLookAlikeCyrillicLatinInBothCases) {
    EXPECT_EQ(normalize_license("АВЕКМНОРСТУХ"), "ABEKMHOPCTYX");
    EXPECT_EQ(normalize_license("авекмнорстух 99"), "ABEKMHOPCTYX99");
}

TEST(NormalizeLicense, KeepsOtherCyrillicLettersInUpperCase) {
    EXPECT_EQ(normalize_license("жЯё"), "ЖЯЁ");
}

TEST(NormalizeLicense, KeepsBytesThatAreNotText) {
    EXPECT_EQ(normalize_license("\xff\xd0"), "\xff\xd0");
    EXPECT_EQ(normalize_license("\xd0 \x90"), "\xd0 \x90");
    EXPECT_EQ(normalize_license(""), "");
}

/// Two spellings of one licence, as they are typed and pasted.
struct Pair {
    const char* what;
    std::string one;
    std::string other;
};

const std::array pairs{
    Pair{"a letter with its mark, composed and decomposed", "77 \u0419\u041a 1234", "77 \u0418\u0306\u041a 1234"},
    Pair{"a no-break space", "77 AB 1234", "77\u00a0AB\u202f1234"},
    Pair{"the hyphens U+2010 and U+2011", "77-AB-1234", "77\u2010AB\u20111234"},
    Pair{"dashes and the minus sign", "77AB1234", "77\u2013AB\u2014\u22121234"},
    Pair{"Cyrillic small letters beyond Russian", "S I J 1", "\u0455\u0456\u0458 1"},
    Pair{"Greek letters", "ABEKM 1", "\u03b1\u03b2\u03b5\u03ba\u03bc 1"},
    Pair{"full-width forms", "AB12", "\uff41\uff22\uff11\uff12"},
    Pair{"marks of direction and the byte order mark", "AB12", "\ufeff\u200eAB\u200f12\u202c"},
    Pair{"a soft hyphen and a zero-width space", "AB12", "A\u00adB\u200b12"},
    Pair{"variation selectors", "AB12", "AB1\ufe0e2\ufe0f"},
    Pair{"a letter that becomes two in capitals", "STRASSE 1", "stra\u00dfe 1"},
    Pair{"digits of another script", "AB 123", "AB \u0661\u0662\u0663"},
    Pair{"letters that are typeset", "AB 12", "\U0001d400\U0001d401 \u00b9\u00b2"},
    Pair{"ligatures and Roman numerals", "FI IV 1", "\ufb01 \u2163 1"},
    Pair{"line ends", "AB12", "AB\r\n\u2028\u008512"},
};

TEST(NormalizeLicense, IsOneForAllSpellings) {
    for (const Pair& pair : pairs) {
        EXPECT_EQ(normalize_license(pair.one), normalize_license(pair.other)) << pair.what;
    }
}

TEST(NormalizeLicense, KeepsWhatMayBeTwoLicencesApart) {
    const std::array<std::string, 8> different{"O1",
                                               "01",
                                               "OI",
                                               "Ol1",
                                               "\u0417 1",
                                               "31",
                                               "\u0419"
                                               "1",
                                               "\u0418"
                                               "1"};
    std::set<std::string> normalized;
    for (const std::string& each : different) {
        normalized.insert(normalize_license(each));
    }
    EXPECT_EQ(normalized.size(), different.size());
}

TEST(NormalizeLicense, IsIdempotentForEveryCharacter) {
    for (char32_t c = 1; c < 0x110000; ++c) {
        if (is_surrogate(c)) {
            continue;
        }
        for (const std::string& text : {utf8(c), "A" + utf8(c) + "\u0306", utf8(c) + "-\u0301"}) {
            const std::string once = normalize_license(text);
            ASSERT_EQ(normalize_license(once), once) << std::hex << static_cast<std::uint32_t>(c);
        }
    }
}

std::string drawn_text() {
    // The characters that licences are spelled with, and any others.
    const auto chars = *rc::gen::container<std::vector<std::uint32_t>>(
        rc::gen::oneOf(rc::gen::inRange<std::uint32_t>(0x20, 0x7f), rc::gen::inRange<std::uint32_t>(0x80, 0x600),
                       rc::gen::inRange<std::uint32_t>(0x2000, 0x2070), rc::gen::inRange<std::uint32_t>(0x300, 0x370),
                       rc::gen::suchThat(rc::gen::inRange<std::uint32_t>(1, 0x110000),
                                         [](std::uint32_t c) { return !is_surrogate(c); })));
    std::string text;
    for (const std::uint32_t c : chars) {
        text += utf8(c);
    }
    return text;
}

RC_GTEST_PROP(NormalizeLicense, IsIdempotent, ()) {
    const std::string once = normalize_license(drawn_text());
    RC_ASSERT(normalize_license(once) == once);
}

RC_GTEST_PROP(NormalizeLicense, DoesNotSeeBlanksAndDashesBetweenAsciiCharacters, ()) {
    const auto number = *rc::gen::container<std::string>(rc::gen::inRange<char>('!', '~'));
    std::string spelled;
    for (const char c : number) {
        spelled += c;
        spelled += *rc::gen::element<std::string>("", " ", "-", "\u00a0", "\u2011", "\u00ad", "\u200b", "\n");
    }
    RC_ASSERT(normalize_license(spelled) == normalize_license(number));
}

}  // namespace
}  // namespace twinfleet::domain
