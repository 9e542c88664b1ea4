#include "platform/service/stores/wait_for_stores.hpp"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "platform/clock/testing/manual_clock.hpp"
#include "platform/errors/store_error.hpp"

namespace twinfleet::service {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class WaitForStores : public ::testing::Test {
protected:
    void wait(const std::vector<Ping>& pings, std::chrono::milliseconds timeout) {
        wait_for_stores(
            pings, timeout, clock_, [this](std::string_view line) { said_.emplace_back(line); }, stop_.get_token());
    }
    [[noreturn]] static void be_away() { throw platform::StoreUnavailable("MongoDB", "nobody listens"); }

    platform::testing::ManualClock clock_;
    std::vector<std::string> said_;
    std::stop_source stop_;
};

TEST_F(WaitForStores, SaysNothingWhenAllAnswer) {
    int asked = 0;
    wait({[&] { ++asked; }, [&] { ++asked; }}, 30s);
    EXPECT_EQ(asked, 2);
    EXPECT_THAT(said_, IsEmpty());
}

TEST_F(WaitForStores, AsksAgainUntilTheStoreAnswersAndSaysSoOnceInAWhile) {
    int asked = 0;
    wait({[&] {
             if (++asked < 3) {
                 be_away();
             }
         }},
         30s);
    EXPECT_EQ(asked, 3);
    EXPECT_THAT(said_, ElementsAre("MongoDB cannot be reached: nobody listens; trying again for 30 s"));
}

TEST_F(WaitForStores, GivesUpAtTheTimeout) {
    clock_.tick_by(6s);
    int asked = 0;
    EXPECT_THROW(wait({[&] {
                          ++asked;
                          be_away();
                      }},
                      10s),
                 platform::StoreUnavailable);
    EXPECT_EQ(asked, 1);
}

TEST_F(WaitForStores, OtherFailuresPassThroughAtOnce) {
    EXPECT_THROW(wait({[] { throw platform::StoreRefused("MongoDB", 18, "authentication failed"); }}, 30s),
                 platform::StoreRefused);
}

TEST_F(WaitForStores, AStopEndsTheWait) {
    int asked = 0;
    wait({[&] {
             ++asked;
             stop_.request_stop();
             be_away();
         }},
         1h);
    EXPECT_EQ(asked, 1);
}

}  // namespace
}  // namespace twinfleet::service
