#include "capabilities/driver_positions/tracks/read_quota.hpp"

#include <gtest/gtest.h>

namespace twinfleet::driver_positions {
namespace {

using namespace std::chrono_literals;

const platform::Time noon{1'714'564'800s};

TEST(ReadQuotaTest, LetsADriverReadSoManyPagesAtOnceAndThenSoManyASecond) {
    ReadQuota quota({.burst = 3, .per_s = 2});
    for (int page = 0; page < 3; ++page) {
        EXPECT_EQ(quota.take("driver", noon), 0ms);
    }
    EXPECT_EQ(quota.take("driver", noon), 500ms);
    EXPECT_EQ(quota.take("driver", noon), 500ms) << "asking costs nothing";
    EXPECT_EQ(quota.take("other", noon), 0ms);
    EXPECT_EQ(quota.take("driver", noon + 499ms), 1ms);
    EXPECT_EQ(quota.take("driver", noon + 500ms), 0ms);
    EXPECT_EQ(quota.take("driver", noon + 500ms), 500ms);
    for (int page = 0; page < 3; ++page) {
        EXPECT_EQ(quota.take("driver", noon + 1h), 0ms) << "all of it is there again";
    }
    EXPECT_EQ(quota.take("driver", noon + 1h), 500ms);
}

TEST(ReadQuotaTest, RemembersNoMoreDriversThanItMay) {
    ReadQuota quota({.burst = 1, .per_s = 1, .drivers_max = 2});
    EXPECT_EQ(quota.take("a", noon), 0ms);
    EXPECT_EQ(quota.take("b", noon + 500ms), 0ms);
    EXPECT_EQ(quota.take("c", noon + 600ms), 0ms);
    EXPECT_EQ(quota.take("c", noon + 600ms), 0ms) << "not remembered";
    EXPECT_EQ(quota.take("a", noon + 600ms), 400ms);
    EXPECT_EQ(quota.take("c", noon + 1s), 0ms);
    EXPECT_EQ(quota.take("c", noon + 1s), 1s) << "there is room for it now";
    EXPECT_EQ(quota.take("b", noon + 1s), 500ms);
}

}  // namespace
}  // namespace twinfleet::driver_positions
