#include "platform/process/resources.hpp"

#include <algorithm>
#include <vector>

#include <gtest/gtest.h>
#include <sys/resource.h>

namespace twinfleet::process {
namespace {

TEST(Resources, CpuSecondsGrowWithWork) {
    const double before = cpu_seconds();
    EXPECT_GT(before, 0);
    volatile std::uint64_t sum = 0;
    // The kernel may count in ticks of 10 ms.
    while (cpu_seconds() - before < 0.05) {
        for (int i = 0; i < 100'000; ++i) {
            sum = sum + 1;
        }
    }
    EXPECT_LT(cpu_seconds() - before, 30);
}

TEST(Resources, PeakMemoryStaysAfterTheMemoryIsGone) {
    const auto before = peak_memory_bytes();
    ASSERT_TRUE(before.has_value());
    EXPECT_GT(*before, 1 << 20);
    constexpr std::int64_t held_bytes = 64 << 20;
    {
        std::vector<char> held(held_bytes, 'x');
        EXPECT_EQ(held.back(), 'x');
    }
    const auto after = peak_memory_bytes();
    ASSERT_TRUE(after.has_value());
    EXPECT_GE(*after, std::max(*before, held_bytes));
}

TEST(Resources, TheSoftLimitOfDescriptorsIsRaisedToTheHardOne) {
    rlimit before{};
    ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
    rlimit low = before;
    low.rlim_cur = 64;
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &low), 0);
    raise_descriptor_limit();
    rlimit after{};
    ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &after), 0);
    EXPECT_EQ(after.rlim_cur, before.rlim_max);
    EXPECT_EQ(descriptor_limit_max(), before.rlim_max);
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
}

}  // namespace
}  // namespace twinfleet::process
