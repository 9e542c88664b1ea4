#include "capabilities/mirroring/memory/leases/held_lease.hpp"

#include <atomic>
#include <condition_variable>
#include <mutex>

#include <gtest/gtest.h>

#include "platform/clock/testing/manual_clock.hpp"

namespace twinfleet::mirroring {
namespace {

using std::chrono::milliseconds;

class ScriptedLeases final : public LeaseStore {
public:
    std::optional<Lease> acquire(std::string_view job, std::string_view family, std::string_view,
                                 milliseconds) override {
        const std::lock_guard lock(mutex_);
        ++acquired_;
        changed_.notify_all();
        if (is_taken) {
            return std::nullopt;
        }
        return Lease{std::string(job), std::string(family), acquired_};
    }
    bool renew(const Lease&, milliseconds) override {
        const std::lock_guard lock(mutex_);
        ++renewed_;
        changed_.notify_all();
        return !is_taken;
    }
    void release(const Lease&) override {
        const std::lock_guard lock(mutex_);
        ++released_;
    }
    void wait_for_renewals(int count) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return renewed_ >= count; });
    }
    [[nodiscard]] int released() {
        const std::lock_guard lock(mutex_);
        return released_;
    }

    std::atomic<bool> is_taken{false};

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    int acquired_ = 0;
    int renewed_ = 0;
    int released_ = 0;
};

class HeldLeaseTest : public ::testing::Test {
protected:
    std::unique_ptr<HeldLease> acquire(milliseconds lifetime) {
        return HeldLease::acquire(store_, clock_, {.lifetime = lifetime, .holder = "test"}, "parks", "vezet",
                                  milliseconds(0), {});
    }

    platform::testing::ManualClock clock_;
    ScriptedLeases store_;
};

TEST_F(HeldLeaseTest, IsRenewedWhileItIsHeldAndGivenBackAtTheEnd) {
    {
        const auto lease = acquire(milliseconds(30));
        ASSERT_NE(lease, nullptr);
        store_.wait_for_renewals(2);
        EXPECT_NO_THROW(lease->assert_held());
        EXPECT_EQ(store_.released(), 0);
    }
    EXPECT_EQ(store_.released(), 1);
}

TEST_F(HeldLeaseTest, IsNullWhileSomebodyElseHoldsIt) {
    store_.is_taken = true;
    EXPECT_EQ(acquire(milliseconds(30)), nullptr);
}

TEST_F(HeldLeaseTest, IsLostByTheLocalClockBeforeAnybodySaysSo) {
    const auto lease = acquire(std::chrono::hours(1));
    clock_.advance(std::chrono::hours(1));
    EXPECT_TRUE(lease->is_lost());
    EXPECT_THROW(lease->assert_held(), LeaseLost);
}

TEST_F(HeldLeaseTest, IsLostWhenARenewalIsRefused) {
    const auto lease = acquire(milliseconds(30));
    store_.is_taken = true;
    // A renewal that was under way may still have been granted; the second is refused, and there is no third.
    store_.wait_for_renewals(1);
    while (!lease->is_lost()) {
        std::this_thread::yield();
    }
    EXPECT_THROW(lease->assert_held(), LeaseLost);
}

}  // namespace
}  // namespace twinfleet::mirroring
