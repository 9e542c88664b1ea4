#include "capabilities/access_control/child_parks/child_parks.hpp"

#include <atomic>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "capabilities/access_control/testing/fake_parks.hpp"
#include "platform/log/capturing_logger.hpp"

namespace twinfleet::access_control {
namespace {

using namespace std::chrono_literals;
using platform::StoreUnavailable;

class ManualClock final : public platform::Clock {
public:
    [[nodiscard]] platform::Time now() const override { return platform::Time(); }
    [[nodiscard]] std::chrono::nanoseconds monotonic() const override { return now_; }
    void pass(std::chrono::nanoseconds duration) { now_ += duration; }

private:
    std::chrono::nanoseconds now_ = 1h;
};

class ChildParksTest : public ::testing::Test {
protected:
    bool is_child(const char* park) { return parks_.is_child(ParkId(park)); }

    testing::FakeParkSource source_;
    testing::FakeParkMemory memory_;
    ManualClock clock_;
    log::CapturingLogger log_;
    const ChildParkSettings settings_{
        .cached_parks_max = 2, .child_lifetime = 1h, .not_child_lifetime = 10s, .source_pause = 1s};
    ChildParks parks_{source_, memory_, clock_, settings_, log_};
};

TEST_F(ChildParksTest, SayWhatTheSourceSays) {
    source_.add_child(ParkId("child"));
    EXPECT_TRUE(is_child("child"));
    EXPECT_FALSE(is_child("parent"));
}

TEST_F(ChildParksTest, AskOnceWhileAnAnswerIsGood) {
    EXPECT_FALSE(is_child("park"));
    clock_.pass(9s);
    EXPECT_FALSE(is_child("park"));
    EXPECT_EQ(source_.questions(), 1);
}

TEST_F(ChildParksTest, AskAgainWhetherAParkHasBecomeAChild) {
    EXPECT_FALSE(is_child("park"));
    source_.add_child(ParkId("park"));
    clock_.pass(10s);
    EXPECT_TRUE(is_child("park"));
}

TEST_F(ChildParksTest, NeverAskAgainAboutAChild) {
    source_.add_child(ParkId("child"));
    EXPECT_TRUE(is_child("child"));
    clock_.pass(24h);
    EXPECT_TRUE(is_child("child"));
    EXPECT_EQ(source_.questions(), 1);
}

TEST_F(ChildParksTest, UseTheLastAnswerWhileTheSourceIsAway) {
    source_.add_child(ParkId("child"));
    EXPECT_TRUE(is_child("child"));
    EXPECT_FALSE(is_child("parent"));
    source_.set_away(true);
    clock_.pass(24h);
    EXPECT_TRUE(is_child("child"));
    EXPECT_FALSE(is_child("parent"));
}

TEST_F(ChildParksTest, KnowNothingOfANewParkWhileTheSourceIsAway) {
    source_.set_away(true);
    EXPECT_THROW(is_child("new"), StoreUnavailable);
    source_.set_away(false);
    clock_.pass(1s);
    EXPECT_FALSE(is_child("new"));
}

TEST_F(ChildParksTest, TakeASourceThatRefusesForOneThatIsAway) {
    EXPECT_FALSE(is_child("known"));
    source_.set_refuses(true);
    clock_.pass(24h);
    EXPECT_FALSE(is_child("known"));
    EXPECT_THROW(is_child("new"), StoreUnavailable);
}

TEST_F(ChildParksTest, MayBeAskedBySeveralAtOnce) {
    source_.add_child(ParkId("1"));
    std::atomic<int> wrong = 0;
    {
        std::vector<std::jthread> threads;
        for (int thread = 0; thread < 4; ++thread) {
            threads.emplace_back([&] {
                for (int i = 0; i < 500; ++i) {
                    // More parks than the cache holds.
                    const int park = i % 4;
                    wrong += is_child(std::to_string(park).c_str()) != (park == 1) ? 1 : 0;
                }
            });
        }
    }
    EXPECT_EQ(wrong, 0);
}

TEST_F(ChildParksTest, LeaveASourceThatIsAwayAloneForAMoment) {
    source_.set_away(true);
    EXPECT_THROW(is_child("a"), StoreUnavailable);
    EXPECT_THROW(is_child("b"), StoreUnavailable);
    EXPECT_EQ(source_.questions(), 1);
    clock_.pass(1s);
    EXPECT_THROW(is_child("a"), StoreUnavailable);
    EXPECT_EQ(source_.questions(), 2);
    EXPECT_EQ(log_.entries().size(), 2U);
}

TEST_F(ChildParksTest, BelieveWhatIsNoted) {
    EXPECT_FALSE(is_child("park"));
    parks_.note_child(ParkId("park"));
    EXPECT_TRUE(is_child("park"));
}

TEST_F(ChildParksTest, BelieveTheMemoryOfAChildThoughTheSourceDenies) {
    memory_.remember(ParkId("child"), true);
    EXPECT_TRUE(is_child("child"));
    EXPECT_EQ(source_.questions(), 0);
}

TEST_F(ChildParksTest, ForgetWhoWasNotAskedForTheLongest) {
    EXPECT_FALSE(is_child("a"));
    EXPECT_FALSE(is_child("b"));
    EXPECT_FALSE(is_child("a"));
    EXPECT_FALSE(is_child("c"));
    ASSERT_EQ(source_.questions(), 3);
    EXPECT_FALSE(is_child("a"));
    EXPECT_EQ(source_.questions(), 3);
    EXPECT_FALSE(is_child("b"));
    EXPECT_EQ(source_.questions(), 4);
}

TEST(ParkCache, HoldsNoMoreThanItsBound) {
    ParkCache cache(3);
    for (int i = 0; i < 100; ++i) {
        cache.set(ParkId(std::to_string(i % 7)), i % 2 == 0, 1h);
        EXPECT_LE(cache.size(), 3U);
    }
    EXPECT_EQ(cache.is_child(ParkId("1"), 0h), false);
    EXPECT_EQ(cache.is_child(ParkId("1"), 1h), std::nullopt);
}

}  // namespace
}  // namespace twinfleet::access_control
