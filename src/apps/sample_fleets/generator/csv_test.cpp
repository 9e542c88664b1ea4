#include "apps/sample_fleets/generator/csv.hpp"

#include <stdexcept>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace twinfleet::sample_fleets {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string refusal_of(std::string_view text) {
    try {
        const CsvTable table(text);
    } catch (const std::invalid_argument& error) {
        return error.what();
    }
    return "accepted";
}

TEST(Csv, ReadsPlainAndEmptyFields) {
    const CsvTable table("a,b,c\n1,,3\n,,\n");
    EXPECT_THAT(table.records(), ElementsAre(ElementsAre("1", "", "3"), ElementsAre("", "", "")));
}

TEST(Csv, QuotedFieldsHoldCommasQuotesAndLineBreaks) {
    const CsvTable table("a,b\n\"AYY&M, LLC\",\"the \"\"Red\"\" Top\"\n\"two\nlines\",\"\"\n");
    EXPECT_THAT(table.records(),
                ElementsAre(ElementsAre("AYY&M, LLC", "the \"Red\" Top"), ElementsAre("two\nlines", "")));
}

TEST(Csv, TakesCrlfAByteOrderMarkAndAMissingLastLineBreak) {
    const CsvTable table(
        "\xef\xbb\xbf"
        "a,b\r\n1,\"2\"\r\n3,4");
    EXPECT_EQ(table.column("a"), 0U);
    EXPECT_THAT(table.records(), ElementsAre(ElementsAre("1", "2"), ElementsAre("3", "4")));
}

TEST(Csv, FindsColumnsByName) {
    const CsvTable table("first,second\n1,2\n");
    EXPECT_EQ(table.column("second"), 1U);
    EXPECT_THROW((void)table.column("third"), std::invalid_argument);
}

TEST(Csv, RefusesWhatIsNoTableAndNamesTheLine) {
    EXPECT_THAT(refusal_of(""), HasSubstr("line 1: no header"));
    EXPECT_THAT(refusal_of("a,b\n1,2\n3\n"), HasSubstr("line 3: 1 fields where the header has 2"));
    EXPECT_THAT(refusal_of("a,b\n1,\"2\n3,4\n"), HasSubstr("line 2: a quote is never closed"));
    EXPECT_THAT(refusal_of("a,b\n\"1\n\"x,2\n"), HasSubstr("line 3: text follows a closing quote"));
    EXPECT_THAT(refusal_of("a,b\n1,2\"\n"), HasSubstr("line 2: a quote inside a field"));
}

}  // namespace
}  // namespace twinfleet::sample_fleets
