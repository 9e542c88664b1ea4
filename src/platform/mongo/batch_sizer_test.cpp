#include "platform/mongo/batch_sizer.hpp"

#include <gtest/gtest.h>

namespace twinfleet::mongo {
namespace {

TEST(BatchSizer, AimsAtTheTargetByTheAverage) {
    BatchSizer sizer(1'000, 1'000'000);
    sizer.add(1'000);
    sizer.add(3'000);
    EXPECT_EQ(sizer.next(), 500U);
}

TEST(BatchSizer, StaysBetweenOneAndTheMaximum) {
    BatchSizer heavy(1'000, 1'000'000);
    heavy.add(16'000'000);
    EXPECT_EQ(heavy.next(), 1U);
    BatchSizer light(1'000, 1'000'000);
    light.add(5);
    EXPECT_EQ(light.next(), 1'000U);
    BatchSizer none(0, 0);
    none.add(5);
    EXPECT_EQ(none.next(), 1U);
}

TEST(BatchSizer, ForgetsDocumentsOfLongAgo) {
    BatchSizer sizer(100'000, 1'000'000);
    for (int count = 0; count < 1'000'000; ++count) {
        sizer.add(10);
    }
    for (int count = 0; count < 1'000; ++count) {
        sizer.add(10'000);
    }
    EXPECT_NEAR(sizer.next(), 100, 5);
}

}  // namespace
}  // namespace twinfleet::mongo
