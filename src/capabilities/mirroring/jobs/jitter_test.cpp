#include "capabilities/mirroring/jobs/jitter.hpp"

#include <set>

#include <gtest/gtest.h>

namespace twinfleet::mirroring {
namespace {

using namespace std::chrono_literals;

TEST(Jitter, DrawsFromTheWholeSpreadAndNothingBeyond) {
    Jitter jitter(0.1);
    std::set<std::chrono::milliseconds> drawn;
    for (int i = 0; i < 2'000; ++i) {
        drawn.insert(jitter(1'000ms));
    }
    EXPECT_GE(*drawn.begin(), 900ms);
    EXPECT_LE(*drawn.rbegin(), 1'100ms);
    EXPECT_LT(*drawn.begin(), 920ms);
    EXPECT_GT(*drawn.rbegin(), 1'080ms);
}

TEST(Jitter, OfNothingLeavesTheIntervalAsItIs) {
    Jitter jitter(0);
    for (int i = 0; i < 100; ++i) {
        EXPECT_EQ(jitter(300ms), 300ms);
    }
}

TEST(Jitter, TwoOfThemDoNotMarchInStep) {
    Jitter one(0.5);
    Jitter other(0.5);
    int alike = 0;
    for (int i = 0; i < 100; ++i) {
        alike += one(1'000'000ms) == other(1'000'000ms) ? 1 : 0;
    }
    EXPECT_LT(alike, 50);
}

}  // namespace
}  // namespace twinfleet::mirroring
