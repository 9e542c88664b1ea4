#include "platform/service/store_time.hpp"

#include <atomic>
#include <chrono>
#include <optional>
#include <sstream>
#include <stop_token>
#include <string>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "platform/clock/testing/manual_clock.hpp"
#include "platform/errors/store_error.hpp"
#include "platform/log/capturing_logger.hpp"
#include "platform/service/host.hpp"
#include "platform/service/settings/layers.hpp"
#include "platform/service/settings/testing/settings_texts.hpp"

namespace twinfleet::service {
namespace {

using namespace std::chrono_literals;
using platform::Time;
using ::testing::HasSubstr;

class ClockWatchTest : public ::testing::Test {
protected:
    ClockWatchTest() { machine_.advance(24h * 20'000); }

    /// The clock of a store, against which that of the machine is ahead.
    TimeSource source(std::string store, const std::chrono::microseconds& ahead) {
        return {.store = std::move(store), .ask = [this, &ahead] {
                    if (is_away_) {
                        throw platform::StoreUnavailable("the store", "it is away");
                    }
                    return machine_.now() - ahead;
                }};
    }
    ClockWatch& watch() {
        std::vector<TimeSource> sources;
        sources.push_back(source("redis", ahead_));
        sources.push_back(source("mongodb", ahead_of_other_));
        return watch_.emplace(std::move(sources), ClockSettings{.skew_max = 5s}, machine_, log_, registry_);
    }

    static constexpr std::string_view differ = "the clock of this machine and that of a store differ";
    static constexpr std::string_view agree = "the clock of this machine and that of a store agree again";

    platform::testing::ManualClock machine_;
    std::chrono::microseconds ahead_{0};
    std::chrono::microseconds ahead_of_other_{0};
    bool is_away_ = false;
    log::CapturingLogger log_;
    metrics::Registry registry_;
    std::optional<ClockWatch> watch_;
};

TEST_F(ClockWatchTest, TheTimeIsThatOfTheFirstStoreHoweverWrongTheMachineIs) {
    for (const std::chrono::microseconds ahead : {std::chrono::microseconds(24h * 15), std::chrono::microseconds(1h),
                                                  std::chrono::microseconds(-1h), std::chrono::microseconds(0)}) {
        ahead_ = ahead;
        ahead_of_other_ = 3s;
        ClockWatch& watched = watch();
        watched.measure_first();
        EXPECT_EQ(watched.clock().now(), machine_.now() - ahead);
        watched.measure_all();
        EXPECT_EQ(watched.clock().now(), machine_.now() - ahead);
    }
}

TEST_F(ClockWatchTest, AMachineWhoseClockIsFurtherOffThanAllowedIsAProblem) {
    ClockWatch& watched = watch();
    watched.measure_all();
    EXPECT_EQ(watched.problem(), "");
    ahead_ = ahead_of_other_ = 5s;
    watched.measure_all();
    EXPECT_EQ(watched.problem(), "");
    ahead_ = ahead_of_other_ = 1h;
    watched.measure_all();
    EXPECT_EQ(watched.problem(),
              "the clock of this machine is 3600.0 s ahead of that of redis, more than clock.skew_max_ms allows");
    ahead_ = ahead_of_other_ = -6s;
    watched.measure_all();
    EXPECT_THAT(watched.problem(), HasSubstr("6.0 s behind that of redis"));
    ahead_ = ahead_of_other_ = 0s;
    watched.measure_all();
    EXPECT_EQ(watched.problem(), "");
}

TEST_F(ClockWatchTest, AMachineThatAnotherStoreAgreesWithIsNotTheOneThatIsOff) {
    ClockWatch& watched = watch();
    ahead_ = 1h;
    watched.measure_all();
    EXPECT_EQ(watched.problem(), "");
    ahead_of_other_ = 1h;
    watched.measure_all();
    EXPECT_NE(watched.problem(), "");
}

TEST_F(ClockWatchTest, AnotherStoresClockIsShownAndNoReasonNotToServe) {
    ClockWatch& watched = watch();
    ahead_of_other_ = -1min;
    watched.measure_all();
    EXPECT_EQ(watched.problem(), "");
    EXPECT_THAT(registry_.text(), HasSubstr(R"(clock_skew_seconds{store="redis"} 0)"));
    EXPECT_THAT(registry_.text(), HasSubstr(R"(clock_skew_seconds{store="mongodb"} -60)"));
    const auto said = log_.entries(differ);
    ASSERT_EQ(said.size(), 1U);
    EXPECT_EQ(said[0].fields.at("store"), "mongodb");
}

TEST_F(ClockWatchTest, SaysOnceThatAClockIsOffAndOnceThatItIsRightAgain) {
    ClockWatch& watched = watch();
    ahead_ = 24h * 15;
    watched.measure_all();
    watched.measure_all();
    EXPECT_EQ(log_.entries(differ).size(), 1U);
    EXPECT_EQ(log_.entries(agree).size(), 0U);
    ahead_ = 0s;
    watched.measure_all();
    watched.measure_all();
    EXPECT_EQ(log_.entries(differ).size(), 1U);
    EXPECT_EQ(log_.entries(agree).size(), 1U);
}

TEST_F(ClockWatchTest, GoesOnWithWhatItKnowsWhileTheStoresAreAway) {
    ClockWatch& watched = watch();
    ahead_ = 1h;
    watched.measure_first();
    is_away_ = true;
    EXPECT_THROW(watched.measure_first(), platform::StoreUnavailable);
    watched.measure_all();
    machine_.advance(1min);
    EXPECT_EQ(watched.clock().now(), machine_.now() - 1h);
}

class StoreTimeTest : public ::testing::Test {
protected:
    static CommonSettings without_log() {
        CommonSettings settings;
        settings.log.level = log::Level::off;
        return settings;
    }

    const Program program_{.name = "example", .purpose = "Sells.", .version = "1"};
    /// A store that is away is waited for.
    const CommandLine command_line_{.timeout = 50ms, .command = Serve{}};
    const CommonSettings settings_ = without_log();
    std::stop_source stop_;
    std::ostringstream said_;
    Host host_{program_, command_line_, settings_, stop_.get_token(), said_, said_};
};

TEST_F(StoreTimeTest, AServiceHasTheTimeOfItsStoreAsLongAsItLives) {
    const auto is_near_the_machines = [&] {
        return std::chrono::abs(host_.clock().now() - host_.machine_clock().now()) < 1min;
    };
    std::atomic<int> asked = 0;
    {
        const StoreTime time(host_,
                             {{.store = "shelf",
                               .ask =
                                   [&] {
                                       ++asked;
                                       return host_.machine_clock().now() - 15 * 24h;
                                   }}},
                             {.measure_interval = 1ms});
        EXPECT_FALSE(is_near_the_machines());
        EXPECT_THAT(host_.metrics().text(), HasSubstr(R"(clock_skew_seconds{store="shelf"})"));
        while (asked < 3) {
            std::this_thread::yield();
        }
    }
    EXPECT_TRUE(is_near_the_machines());
}

TEST_F(StoreTimeTest, AServiceDoesNotBeginWithoutTheTimeOfItsStore) {
    const TimeSource away{.store = "shelf",
                          .ask = []() -> Time { throw platform::StoreUnavailable("shelf", "it is away"); }};
    EXPECT_THROW(StoreTime(host_, {away}, {}), platform::StoreUnavailable);
}

TEST(ClockSection, IsReadAndItsLimitsChecked) {
    const auto read = [](const std::string& text) {
        ClockSettings settings;
        Section root(config::Reader::from_text(text, "config.yaml"), false);
        read_clock(root.section("clock"), settings);
        root.reader().finish();
        return settings;
    };
    EXPECT_EQ(read("clock: {measure_interval_ms: 200}").measure_interval, 200ms);
    EXPECT_EQ(read("clock: {skew_max_ms: 1500}").skew_max, 1500ms);
    for (const char* key : {"measure_interval_ms", "skew_max_ms"}) {
        EXPECT_THAT(testing::problems_of([&] { return read("clock: {" + std::string(key) + ": 0}"); }),
                    HasSubstr("clock." + std::string(key)));
    }
}

}  // namespace
}  // namespace twinfleet::service
