#include "apps/fleet_synchronizer/output/printable.hpp"

#include <gtest/gtest.h>

namespace twinfleet::fleet_synchronizer {
namespace {

TEST(Printable, QuotesWhatATerminalWouldObey) {
    EXPECT_EQ(printable("0af3"), "0af3");
    EXPECT_EQ(printable("Ижевск"), "Ижевск");
    EXPECT_EQ(printable(""), "\"\"");
    EXPECT_EQ(printable("New York"), "\"New York\"");
    EXPECT_EQ(printable("\x1b[2J"), "\"\\u001b[2J\"");
}

TEST(Printable, QuotesWhatIsNoUtf8OrHoldsAQuote) {
    EXPECT_EQ(printable("a\xff"), "\"a\uFFFD\"");
    EXPECT_EQ(printable("a\"b"), "\"a\\\"b\"");
}

}  // namespace
}  // namespace twinfleet::fleet_synchronizer
