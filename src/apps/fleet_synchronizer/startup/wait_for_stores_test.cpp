#include "apps/fleet_synchronizer/startup/wait_for_stores.hpp"

#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "platform/clock/testing/manual_clock.hpp"
#include "platform/errors/store_error.hpp"

namespace twinfleet::fleet_synchronizer {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

class WaitForStores : public ::testing::Test {
protected:
    void wait(const std::vector<Ping>& pings, std::chrono::milliseconds timeout) {
        wait_for_stores(pings, timeout, clock_, console_, stop_.get_token());
    }
    [[noreturn]] static void be_away() { throw platform::StoreUnavailable("MongoDB", "nobody listens"); }

    platform::testing::ManualClock clock_;
    std::ostringstream out_;
    std::ostringstream error_;
    Console console_{out_, error_};
    std::stop_source stop_;
};

TEST_F(WaitForStores, SaysNothingWhenAllAnswer) {
    int asked = 0;
    wait({[&] { ++asked; }, [&] { ++asked; }}, 30s);
    EXPECT_EQ(asked, 2);
    EXPECT_EQ(error_.str(), "");
}

TEST_F(WaitForStores, AsksAgainUntilTheStoreAnswers) {
    int asked = 0;
    wait({[&] {
             if (++asked < 3) {
                 be_away();
             }
         }},
         30s);
    EXPECT_EQ(asked, 3);
    EXPECT_THAT(error_.str(), HasSubstr("MongoDB cannot be reached: nobody listens; trying again for 30 s\n"));
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
    wait({[&] {
             stop_.request_stop();
             be_away();
         }},
         1h);
    SUCCEED();
}

}  // namespace
}  // namespace twinfleet::fleet_synchronizer
