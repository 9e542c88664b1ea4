#include "capabilities/mirroring/passes/pass_request.hpp"

#include <gtest/gtest.h>

namespace twinfleet::mirroring {
namespace {

TEST(RetirementBudget, IsAShareButAlwaysAFewAndNeverTooMany) {
    const RetirementBudget budget{.share_max = 0.05, .always_allowed = 20, .count_max = 1000};
    EXPECT_EQ(budget.of(0), 20U);
    EXPECT_EQ(budget.of(1'000), 50U);
    EXPECT_EQ(budget.of(1'000'000), 1'000U);
}

}  // namespace
}  // namespace twinfleet::mirroring
