#include "platform/concurrency/item_pool.hpp"

#include <atomic>
#include <chrono>
#include <latch>
#include <optional>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace twinfleet::platform {
namespace {

using namespace std::chrono_literals;

/// Counts how many of its kind there are.
class Counted {
public:
    Counted(std::atomic<int>& alive, int number) : alive_(alive), number_(number) { ++alive_; }
    Counted(const Counted&) = delete;
    Counted& operator=(const Counted&) = delete;
    ~Counted() { --alive_; }
    [[nodiscard]] int number() const { return number_; }

private:
    std::atomic<int>& alive_;
    int number_;
};

using Pool = ItemPool<Counted>;

std::chrono::steady_clock::time_point soon() {
    return std::chrono::steady_clock::now() + 20ms;
}

std::chrono::steady_clock::time_point in_time() {
    return std::chrono::steady_clock::now() + 60s;
}

class ItemPoolTest : public ::testing::Test {
protected:
    /// A lease of a place that is free, with a new item if there is none.
    Pool::Lease lease(Pool& pool, int number = 0) {
        auto lent = pool.lease(in_time());
        auto lease = std::get<Pool::Lease>(std::move(lent));
        if (lease.item == nullptr) {
            lease.item = std::make_unique<Counted>(alive_, number);
        }
        return lease;
    }

    /// Returns when somebody waits for a place.
    static void wait_for_waiter(const Pool& pool) {
        while (pool.usage().waiting == 0) {
            std::this_thread::yield();
        }
    }

    std::atomic<int> alive_ = 0;
};

TEST_F(ItemPoolTest, WhatIsKeptIsLentAgainAndTheYoungestFirst) {
    Pool pool({.items_max = 3});
    {
        auto first = lease(pool, 1);
        auto second = lease(pool, 2);
        first.keep();
        second.keep();
        EXPECT_EQ(pool.usage().in_use, 2U);
        // The second one ends first.
    }
    EXPECT_EQ(pool.usage().open, 2U);
    EXPECT_EQ(pool.usage().in_use, 0U);
    EXPECT_EQ(pool.usage().max, 3U);
    auto youngest = lease(pool);
    EXPECT_EQ(youngest.item->number(), 1);
    EXPECT_EQ(lease(pool).item->number(), 2);
    EXPECT_EQ(alive_, 1) << "the one that nobody kept is gone";
}

TEST_F(ItemPoolTest, WhoFindsAnUnfitItemTakesAnotherOne) {
    Pool pool({.items_max = 2});
    {
        auto first = lease(pool, 1);
        auto second = lease(pool, 2);
        first.keep();
        second.keep();
    }
    auto lent = lease(pool);
    ASSERT_EQ(lent.item->number(), 1);
    lent.take_another();
    ASSERT_NE(lent.item, nullptr);
    EXPECT_EQ(lent.item->number(), 2);
    EXPECT_EQ(alive_, 1);
    lent.take_another();
    EXPECT_EQ(lent.item, nullptr);
    EXPECT_EQ(alive_, 0);
}

TEST_F(ItemPoolTest, NeverLendsMoreThanItHasPlaces) {
    constexpr int places = 3;
    Pool pool({.items_max = places});
    std::atomic<int> in_use = 0;
    std::atomic<int> most = 0;
    {
        std::vector<std::jthread> threads;
        for (int thread = 0; thread < 8; ++thread) {
            threads.emplace_back([&, thread] {
                for (int round = 0; round < 200; ++round) {
                    auto lent = lease(pool, thread);
                    const int now = ++in_use;
                    int seen = most;
                    while (seen < now && !most.compare_exchange_weak(seen, now)) {
                    }
                    EXPECT_LE(alive_, places);
                    --in_use;
                    if (round % 3 != 0) {
                        lent.keep();
                    }
                }
            });
        }
    }
    EXPECT_LE(most, places);
    EXPECT_EQ(pool.usage().in_use, 0U);
    EXPECT_LE(pool.usage().open, std::size_t{places});
}

TEST_F(ItemPoolTest, WhoWaitsGetsThePlaceThatBecomesFree) {
    Pool pool({.items_max = 1});
    std::optional<Pool::Lease> held(lease(pool, 1));
    held->keep();
    std::optional<int> got;
    std::jthread waiting([&] { got = lease(pool, 2).item->number(); });
    wait_for_waiter(pool);
    held.reset();
    waiting.join();
    EXPECT_EQ(got, 1);
}

TEST_F(ItemPoolTest, RefusesAtOnceWhenTooManyWait) {
    Pool pool({.items_max = 1, .waiting_max = 0});
    const auto held = lease(pool);
    EXPECT_EQ(std::get<NoItem>(pool.lease(in_time())), NoItem::too_many_waiting);
}

TEST_F(ItemPoolTest, GivesUpAtTheDeadline) {
    Pool pool({.items_max = 1});
    {
        const auto held = lease(pool);
        EXPECT_EQ(std::get<NoItem>(pool.lease(soon())), NoItem::timed_out);
    }
    EXPECT_TRUE(std::holds_alternative<Pool::Lease>(pool.lease(soon())));
}

TEST_F(ItemPoolTest, AStopEndsTheWaiting) {
    Pool pool({.items_max = 1});
    const auto held = lease(pool);
    std::stop_source stop;
    std::optional<NoItem> reason;
    std::jthread waiting([&] { reason = std::get<NoItem>(pool.lease(in_time(), stop.get_token())); });
    wait_for_waiter(pool);
    stop.request_stop();
    waiting.join();
    EXPECT_EQ(reason, NoItem::stopped);
    EXPECT_EQ(pool.usage().in_use, 1U);
}

TEST_F(ItemPoolTest, RenewingDestroysWhatIsIdleNowAndWhatIsInUseLater) {
    Pool pool({.items_max = 2});
    {
        auto idle = lease(pool, 1);
        auto used = lease(pool, 2);
        used.keep();
        idle.keep();
        { const auto ended = std::move(idle); }
        EXPECT_EQ(alive_, 2);
        pool.renew();
        EXPECT_EQ(alive_, 1);
    }
    EXPECT_EQ(alive_, 0);
    EXPECT_EQ(pool.usage().open, 0U);
    {
        auto fresh = lease(pool, 3);
        fresh.keep();
    }
    EXPECT_EQ(lease(pool).item->number(), 3);
}

TEST_F(ItemPoolTest, WhoRenewsAllKeepsWhatHeMakesAfterwards) {
    Pool pool({.items_max = 3});
    auto used = lease(pool, 1);
    used.keep();
    {
        auto idle = lease(pool, 2);
        idle.keep();
    }
    {
        auto lent = lease(pool, 3);
        lent.keep();
        lent.renew_all();
        EXPECT_EQ(lent.item, nullptr);
        EXPECT_EQ(alive_, 1);
        lent.item = std::make_unique<Counted>(alive_, 4);
    }
    { const auto ended = std::move(used); }
    EXPECT_EQ(pool.usage().open, 1U);
    EXPECT_EQ(lease(pool).item->number(), 4);
}

TEST_F(ItemPoolTest, APoolOfNoneHasOnePlace) {
    Pool pool({.items_max = 0});
    EXPECT_EQ(pool.usage().max, 1U);
    EXPECT_TRUE(std::holds_alternative<Pool::Lease>(pool.lease(soon())));
}

}  // namespace
}  // namespace twinfleet::platform
