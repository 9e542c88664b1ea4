#include "capabilities/driver_positions/sweeping/sweeper.hpp"

#include <condition_variable>
#include <mutex>

#include <gtest/gtest.h>

#include "capabilities/driver_positions/testing/fakes.hpp"
#include "platform/clock/testing/manual_clock.hpp"
#include "platform/errors/store_error.hpp"
#include "platform/log/capturing_logger.hpp"

namespace twinfleet::driver_positions {
namespace {

using testing::MemoryStore;

class SweeperTest : public ::testing::Test {
protected:
    void add(const std::string& family, std::size_t count, std::int64_t timestamp_ms) {
        for (std::size_t i = 0; i < count; ++i) {
            const std::vector<Position> positions{{.point = {.lat = 1, .lon = 1}, .timestamp_ms = timestamp_ms}};
            const Owner owner{.tag = family + std::to_string(timestamp_ms) + "-" + std::to_string(i), .family = family};
            static_cast<void>(store_.add(owner, positions, clock_.now()));
        }
    }
    std::size_t left() {
        return store_.data.with([](const MemoryStore::Data& data) { return data.latest.size(); });
    }

    MemoryStore store_;
    platform::testing::ManualClock clock_;
    metrics::Registry registry_;
    PositionSettings settings_{.sweep_step_positions = 3};
    Sweep sweep_{store_, {"taximeter", "vezet"}, settings_, clock_, registry_};
};

TEST_F(SweeperTest, RemovesWhatIsOldOfAllFamiliesInSteps) {
    clock_.advance(std::chrono::seconds(1'000));
    add("taximeter", 10, 879'999);
    add("vezet", 4, 879'999);
    add("vezet", 2, 880'000);
    EXPECT_EQ(sweep_.run({}), 14U);
    EXPECT_EQ(left(), 2U);
    EXPECT_EQ(sweep_.run({}), 0U);
    auto& swept = registry_.counters("driver_positions_swept_total",
                                     "Latest positions that were removed because they were too old.", {"family"});
    EXPECT_EQ(swept.with({"taximeter"}).value(), 10);
    EXPECT_EQ(swept.with({"vezet"}).value(), 4);
}

TEST_F(SweeperTest, StopsBetweenSteps) {
    clock_.advance(std::chrono::seconds(1'000));
    add("taximeter", 10, 1);
    std::stop_source stop;
    stop.request_stop();
    EXPECT_EQ(sweep_.run(stop.get_token()), 3U);
}

/// Fails at first.
class FlakyStore final : public PositionStore {
public:
    [[nodiscard]] AddOutcome add(const Owner&, std::span<const Position>, platform::Time) override { return {}; }
    [[nodiscard]] TrackPage track(std::string_view, TimeSpan, std::size_t) override { return {}; }
    [[nodiscard]] std::vector<LatestPosition> search(std::string_view, const Circle&, std::size_t) override {
        return {};
    }
    [[nodiscard]] std::size_t shards() const override { return 1; }
    [[nodiscard]] std::size_t remove_older(std::string_view, std::size_t, std::int64_t, std::size_t) override {
        const std::lock_guard lock(mutex_);
        ++calls_;
        called_.notify_all();
        if (calls_ == 1) {
            throw platform::StoreUnavailable("Redis", "test");
        }
        return 0;
    }
    [[nodiscard]] std::size_t erase(const Owner&) override { return 0; }
    void wait_for_calls(int count) {
        std::unique_lock lock(mutex_);
        called_.wait(lock, [&] { return calls_ >= count; });
    }

private:
    std::mutex mutex_;
    std::condition_variable called_;
    // Guarded by mutex_.
    int calls_ = 0;
};

TEST(SweeperThreadTest, GoesOnAfterAFailureAndEndsAtOnce) {
    FlakyStore store;
    const platform::SystemClock clock;
    metrics::Registry registry;
    log::CapturingLogger log;
    Sweep sweep(store, {"vezet"}, {}, clock, registry);
    {
        const Sweeper sweeper(sweep, std::chrono::milliseconds(1), log);
        store.wait_for_calls(2);
    }
    EXPECT_EQ(log.entries("old positions were not removed").size(), 1U);
    // Its end does not wait for the interval.
    const Sweeper idle(sweep, std::chrono::hours(1), log);
}

}  // namespace
}  // namespace twinfleet::driver_positions
