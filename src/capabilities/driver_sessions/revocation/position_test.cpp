#include "capabilities/driver_sessions/revocation/position.hpp"

#include <gtest/gtest.h>

namespace twinfleet::driver_sessions {
namespace {

TEST(PositionTest, IsReadAsItIsWritten) {
    for (const Position position : {Position{}, Position{.ms = 1'526'919'030'474, .sequence = 55},
                                    Position{.ms = UINT64_MAX, .sequence = UINT64_MAX}}) {
        EXPECT_EQ(parse_position(to_text(position)), position);
    }
    EXPECT_EQ(to_text({.ms = 1'526'919'030'474, .sequence = 55}), "1526919030474-55");
}

TEST(PositionTest, RefusesOtherTexts) {
    for (const char* text :
         {"", "-", "1", "1-", "-1", "1-2-3", "1-2 ", " 1-2", "1-x", "x-1", "18446744073709551616-0"}) {
        EXPECT_EQ(parse_position(text), std::nullopt) << text;
    }
}

TEST(PositionTest, IsInTheOrderOfTheRecord) {
    EXPECT_LT(Position(), (Position{.ms = 0, .sequence = 1}));
    EXPECT_LT((Position{.ms = 1, .sequence = 9}), (Position{.ms = 2, .sequence = 0}));
    EXPECT_LT((Position{.ms = 2, .sequence = 0}), (Position{.ms = 2, .sequence = 1}));
}

}  // namespace
}  // namespace twinfleet::driver_sessions
