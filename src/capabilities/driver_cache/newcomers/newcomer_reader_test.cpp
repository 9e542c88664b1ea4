#include "capabilities/driver_cache/newcomers/newcomer_reader.hpp"

#include <future>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "platform/clock/testing/manual_clock.hpp"
#include "platform/errors/store_error.hpp"
#include "platform/log/capturing_logger.hpp"

namespace twinfleet::driver_cache {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

/// A store whose reads can be held up, and fail.
class Store {
public:
    void read(std::span<const std::string> ids) {
        std::unique_lock lock(mutex_);
        reads_.emplace_back(ids.begin(), ids.end());
        changed_.notify_all();
        changed_.wait(lock, [this] { return !is_held_up_; });
        if (is_away_) {
            throw platform::StoreUnavailable("MongoDB", "as the test says");
        }
    }
    void hold_up(bool is_held_up) {
        const std::lock_guard lock(mutex_);
        is_held_up_ = is_held_up;
        changed_.notify_all();
    }
    void set_away(bool is_away) {
        const std::lock_guard lock(mutex_);
        is_away_ = is_away;
    }
    /// Those that have begun.
    [[nodiscard]] std::vector<std::vector<std::string>> await_reads(std::size_t count) {
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, 20s, [&] { return reads_.size() >= count; });
        return reads_;
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<std::vector<std::string>> reads_;
    bool is_held_up_ = false;
    bool is_away_ = false;
};

class NewcomerReaderTest : public ::testing::Test {
protected:
    NewcomerReaderTest() { clock.advance(1'000s); }
    ~NewcomerReaderTest() override { store.hold_up(false); }

    [[nodiscard]] double counted(std::string_view why, std::string_view outcome) {
        return registry
            .counters("driver_cache_newcomers_total",
                      "Drivers to be read without waiting for a pass, by why, and what became of it",
                      {"why", "outcome"})
            .with({why, outcome})
            .value();
    }
    [[nodiscard]] std::unique_ptr<NewcomerReader> make_reader(const NewcomerSettings& settings) {
        return std::make_unique<NewcomerReader>(
            settings, [this](std::span<const std::string> ids) { store.read(ids); }, clock, registry, log);
    }

    platform::testing::ManualClock clock;
    metrics::Registry registry;
    log::CapturingLogger log;
    Store store;
    /// Nobody waits in vain.
    std::unique_ptr<NewcomerReader> reader = make_reader({.wait = 20s});
};

TEST_F(NewcomerReaderTest, ReadsWhomItIsAskedFor) {
    EXPECT_TRUE(reader->take_in("a"));
    EXPECT_TRUE(reader->look_for("b"));
    EXPECT_TRUE(reader->take_in("a")) << "he may have changed since";
    EXPECT_THAT(store.await_reads(3), ElementsAre(ElementsAre("a"), ElementsAre("b"), ElementsAre("a")));
    EXPECT_EQ(counted("login", "read"), 2);
    EXPECT_EQ(counted("profile", "read"), 1);
}

TEST_F(NewcomerReaderTest, WhoComesDuringAReadIsInTheNextOneWithAllTheOthers) {
    store.hold_up(true);
    auto first = std::async(std::launch::async, [&] { return reader->take_in("first"); });
    ASSERT_THAT(store.await_reads(1), SizeIs(1));
    reader->note(std::vector<std::string>{"told", "first"});
    std::vector<std::future<bool>> others;
    for (int i = 0; i < 20; ++i) {
        others.push_back(std::async(std::launch::async, [&, i] { return reader->take_in(i % 2 == 0 ? "x" : "y"); }));
    }
    store.hold_up(false);
    EXPECT_TRUE(first.get());
    for (auto& other : others) {
        EXPECT_TRUE(other.get());
    }
    const auto reads = store.await_reads(2);
    std::set<std::string> met;
    for (std::size_t i = 1; i < reads.size(); ++i) {
        met.insert(reads[i].begin(), reads[i].end());
    }
    EXPECT_THAT(met, ElementsAre("first", "told", "x", "y")) << "a read that had begun before is not theirs";
    EXPECT_LE(reads.size(), 22U);
    EXPECT_EQ(counted("login", "read"), 21);
    EXPECT_EQ(counted("news", "read"), 2);
}

TEST_F(NewcomerReaderTest, ASlowStoreKeepsNobodyWaiting) {
    reader = make_reader({.wait = 20ms});
    store.hold_up(true);
    EXPECT_FALSE(reader->take_in("a"));
    ASSERT_THAT(store.await_reads(1), SizeIs(1));
    clock.advance(20ms);
    const auto started = std::chrono::steady_clock::now();
    for (int i = 0; i < 900; ++i) {
        EXPECT_FALSE(reader->take_in(std::to_string(i)));
    }
    EXPECT_LT(std::chrono::steady_clock::now() - started, 15s) << "they do not wait at all: 900 times 20 ms are 18 s";
    EXPECT_EQ(counted("login", "late"), 901);
    store.hold_up(false);
    EXPECT_THAT(store.await_reads(2).at(1), SizeIs(900)) << "they are read all the same";
}

TEST_F(NewcomerReaderTest, AStoreThatIsAwayIsSparedForAWhile) {
    reader = make_reader({.wait = 20s, .circuit = {.failures_max = 2, .open_for = 5s}});
    store.set_away(true);
    for (int i = 0; i < 10; ++i) {
        EXPECT_FALSE(reader->take_in("a"));
    }
    EXPECT_THAT(store.await_reads(2), SizeIs(2));
    EXPECT_EQ(counted("login", "failed"), 10);
    EXPECT_THAT(log.entries("new drivers cannot be read at once and come with a pass"), SizeIs(1));
    store.set_away(false);
    clock.advance(5s);
    EXPECT_TRUE(reader->take_in("a"));
    EXPECT_THAT(log.entries("new drivers are read at once again"), SizeIs(1));
}

TEST_F(NewcomerReaderTest, WhoIsLookedForAgainAndAgainIsReadOnceInAWhile) {
    reader = make_reader({.wait = 20s, .repeat_after = 1s});
    EXPECT_TRUE(reader->look_for("a"));
    for (int i = 0; i < 100; ++i) {
        EXPECT_FALSE(reader->look_for("a"));
    }
    EXPECT_TRUE(reader->take_in("a")) << "who was made just now is read in any case";
    clock.advance(1s);
    EXPECT_TRUE(reader->look_for("a"));
    EXPECT_THAT(store.await_reads(3), SizeIs(3));
    EXPECT_EQ(counted("profile", "refused"), 100);
}

TEST_F(NewcomerReaderTest, OnlySoManyAreRemembered) {
    reader = make_reader({.wait = 20s, .repeat_after = 1s});
    for (std::size_t i = 0; i < NewcomerReader::waiting_max; ++i) {
        ASSERT_TRUE(reader->look_for(std::to_string(i)));
    }
    EXPECT_FALSE(reader->look_for("one more"));
    clock.advance(1s);
    EXPECT_TRUE(reader->look_for("one more"));
}

TEST_F(NewcomerReaderTest, NewsThatFindNoRoomArePassedOver) {
    store.hold_up(true);
    reader->note(std::vector<std::string>{"first"});
    ASSERT_THAT(store.await_reads(1), SizeIs(1));
    std::vector<std::string> many;
    for (std::size_t i = 0; i < NewcomerReader::waiting_max + 10; ++i) {
        many.push_back(std::to_string(i));
    }
    reader->note(many);
    EXPECT_FALSE(reader->take_in("nobody has room for him"));
    store.hold_up(false);
    EXPECT_THAT(store.await_reads(2).at(1), SizeIs(NewcomerReader::waiting_max));
    EXPECT_EQ(counted("news", "refused"), 10);
    EXPECT_EQ(counted("login", "refused"), 1);
}

TEST_F(NewcomerReaderTest, NothingIsReadWhereNobodyCame) {
    reader->note({});
    reader.reset();
    EXPECT_THAT(store.await_reads(0), IsEmpty());
}

}  // namespace
}  // namespace twinfleet::driver_cache
