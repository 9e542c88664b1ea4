#include "simulator/measurements/histogram.hpp"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace twinfleet::simulator {
namespace {

using namespace std::chrono_literals;
using std::chrono::microseconds;

std::int64_t exact_quantile(const std::vector<std::int64_t>& sorted, double share) {
    const auto rank =
        std::max<std::size_t>(1, static_cast<std::size_t>(std::ceil(share * static_cast<double>(sorted.size()))));
    return sorted.at(rank - 1);
}

TEST(Histogram, IsZeroWhileEmpty) {
    const Histogram empty;
    EXPECT_EQ(empty.count(), 0U);
    EXPECT_EQ(empty.max(), 0us);
    EXPECT_EQ(empty.quantile(0.5), 0us);
}

TEST(Histogram, IsExactForSmallValues) {
    Histogram histogram;
    for (int value = 1; value <= 100; ++value) {
        histogram.record(microseconds(value));
    }
    EXPECT_EQ(histogram.quantile(0), 1us);
    EXPECT_EQ(histogram.quantile(0.5), 50us);
    EXPECT_EQ(histogram.quantile(0.99), 99us);
    EXPECT_EQ(histogram.quantile(1), 100us);
}

TEST(Histogram, TakesTheLargestAndNegativeDurations) {
    Histogram histogram;
    histogram.record(-5ms);
    histogram.record(std::chrono::nanoseconds::max());
    EXPECT_EQ(histogram.quantile(0.5), 0us);
    EXPECT_EQ(histogram.max(), std::chrono::duration_cast<microseconds>(std::chrono::nanoseconds::max()));
    const double error =
        static_cast<double>(histogram.quantile(1).count()) / static_cast<double>(histogram.max().count());
    EXPECT_NEAR(error, 1, 0.01);
}

RC_GTEST_PROP(Histogram, QuantilesAreWithinOnePerCent, ()) {
    const auto magnitudes = *rc::gen::nonEmpty(rc::gen::container<std::vector<unsigned>>(rc::gen::inRange(0U, 45U)));
    std::vector<std::int64_t> values;
    Histogram histogram;
    for (const unsigned magnitude : magnitudes) {
        values.push_back(*rc::gen::inRange<std::int64_t>(0, (std::int64_t{1} << magnitude) + 1));
        histogram.record(microseconds(values.back()));
    }
    std::sort(values.begin(), values.end());
    for (const double share : {0.0, 0.1, 0.5, 0.9, 0.99, 0.999, 1.0}) {
        const auto exact = static_cast<double>(exact_quantile(values, share));
        RC_ASSERT(std::abs(static_cast<double>(histogram.quantile(share).count()) - exact) <= exact * 0.01);
    }
    RC_ASSERT(histogram.max().count() == values.back());
    RC_ASSERT(histogram.count() == values.size());
}

RC_GTEST_PROP(Histogram, MergedIsAsIfRecordedInOne, ()) {
    const auto values = rc::gen::container<std::vector<std::int64_t>>(rc::gen::inRange<std::int64_t>(0, 1'000'000'000));
    Histogram one;
    Histogram another;
    Histogram all;
    for (auto* histogram : {&one, &another}) {
        for (const auto value : *values) {
            histogram->record(microseconds(value));
            all.record(microseconds(value));
        }
    }
    one.merge(another);
    RC_ASSERT(one.count() == all.count());
    RC_ASSERT(one.max() == all.max());
    for (const double share : {0.0, 0.25, 0.5, 0.9, 1.0}) {
        RC_ASSERT(one.quantile(share) == all.quantile(share));
    }
}

}  // namespace
}  // namespace twinfleet::simulator
