#include "capabilities/mirroring/policy/parent_id.hpp"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace twinfleet::mirroring {
namespace {

TEST(ParentId, OfAnyTextThatPostgreSqlCanHoldIsUsable) {
    for (const std::string_view id : {"", "7af3", "with blanks", "\x01\x7f", "Ижевск", "a\xf0\x9f\x9a\x95"}) {
        EXPECT_TRUE(is_usable_id(id)) << id;
    }
    EXPECT_TRUE(is_usable_id(std::string(1024, 'a')));
}

TEST(ParentId, OfNoTextIsNotUsable) {
    for (const std::string_view id : {std::string_view("a\0b", 3), std::string_view("\0", 1), std::string_view("\xff"),
                                      std::string_view("abc\x80"), std::string_view("\xc3")}) {
        EXPECT_FALSE(is_usable_id(id));
    }
    EXPECT_FALSE(is_usable_id(std::string(1025, 'a')));
}

}  // namespace
}  // namespace twinfleet::mirroring
