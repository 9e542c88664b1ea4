#include "capabilities/mirroring/memory/links/link_statements_postgres.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace twinfleet::mirroring::link_statements {
namespace {

struct Numbered {
    domain::ParentId parent_id;
    int number;
};

TEST(LinkStatements, LockRowsInTheOrderOfTheBytesOfIds) {
    const std::vector<std::string> in_order{"",         "\x01",      "a",         "a\x01",    "abcdefg", "abcdefgh",
                                            "abcdefgh", "abcdefgh0", "abcdefgh1", "abcdefgi", "Ижевск",  "\xff"};
    std::vector<domain::ParentId> ids(in_order.rbegin(), in_order.rend());
    std::vector<std::string> ordered;
    for (const domain::ParentId* id : in_order_of_locks(ids)) {
        ordered.push_back(id->value());
    }
    std::vector<std::string> expected = in_order;
    std::sort(expected.begin(), expected.end());
    expected.erase(std::unique(expected.begin(), expected.end()), expected.end());
    EXPECT_EQ(ordered, expected);
}

TEST(LinkStatements, OfSeveralItemsOfOneParentTheFirstOrTheLastCounts) {
    const std::vector<Numbered> items{{domain::ParentId("b"), 1},
                                      {domain::ParentId("a"), 2},
                                      {domain::ParentId("b"), 3},
                                      {domain::ParentId("a"), 4},
                                      {domain::ParentId("b"), 5}};
    const auto numbers = [&](Counts counts) {
        std::vector<int> found;
        for (const Numbered* item : in_order_of_locks(std::span(items), counts)) {
            found.push_back(item->number);
        }
        return found;
    };
    EXPECT_THAT(numbers(Counts::first), ::testing::ElementsAre(2, 1));
    EXPECT_THAT(numbers(Counts::last), ::testing::ElementsAre(4, 5));
}

}  // namespace
}  // namespace twinfleet::mirroring::link_statements
