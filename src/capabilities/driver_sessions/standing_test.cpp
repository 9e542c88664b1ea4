#include "capabilities/driver_sessions/standing.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "capabilities/driver_cache/testing/fake_fleet_directory.hpp"

namespace twinfleet::driver_sessions {
namespace {

using namespace std::chrono_literals;
using driver_cache::WorkStatus;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class StandingTest : public ::testing::Test {
protected:
    StandingTest() {
        directory_.put(driver_cache::Driver{.id = "driver", .park_id = "park", .work_status = WorkStatus::working});
        directory_.put(driver_cache::Park{.id = "park", .is_active = true});
    }
    [[nodiscard]] Standing standing() const { return standing_of(session_, directory_); }

    driver_cache::testing::FakeFleetDirectory directory_;
    const Session session_{.driver = {.park_id = "park", .driver_id = "driver"},
                           .family = "vezet",
                           .created_at = platform::Time(1'000'000s)};
};

TEST_F(StandingTest, WhoWorksInAnActiveParkWorks) {
    EXPECT_EQ(standing(), Standing::works);
}

TEST_F(StandingTest, AnyOtherWorkStatusIsNotWorking) {
    for (const auto status : {WorkStatus::fired, WorkStatus::not_working, WorkStatus::other}) {
        directory_.set_work_status("driver", status);
        EXPECT_EQ(standing(), Standing::driver_not_working);
    }
}

TEST_F(StandingTest, FollowsTheParkToo) {
    directory_.set_active("park", false);
    EXPECT_EQ(standing(), Standing::park_not_active);
    directory_.remove_park("park");
    EXPECT_EQ(standing(), Standing::park_missing);
}

TEST_F(StandingTest, OneWhoMovedToAnotherParkIsNotInThisOne) {
    directory_.put(driver_cache::Driver{.id = "driver", .park_id = "other", .work_status = WorkStatus::working});
    EXPECT_EQ(standing(), Standing::driver_moved);
}

TEST_F(StandingTest, NothingIsKnownFromAStaleDirectory) {
    directory_.set_stale(true);
    EXPECT_EQ(standing(), Standing::unknown);
    directory_.set_work_status("driver", WorkStatus::fired);
    EXPECT_EQ(standing(), Standing::unknown);
}

TEST_F(StandingTest, AProfileThatHasNotArrivedYetWorks) {
    directory_.remove_driver("driver");
    directory_.remove_park("park");
    directory_.set_complete_until(std::nullopt);
    EXPECT_EQ(standing(), Standing::works);
    directory_.set_complete_until(session_.created_at + clock_skew_max);
    EXPECT_EQ(standing(), Standing::works);
    directory_.set_complete_until(session_.created_at + clock_skew_max + 1us);
    EXPECT_EQ(standing(), Standing::driver_missing);
}

TEST_F(StandingTest, NothingIsKnownOfWhatIsMissingWhileItMayBeUnreadable) {
    directory_.set_complete_until(std::nullopt);
    directory_.set_caught_up_until(session_.created_at + clock_skew_max + 1us);
    EXPECT_EQ(standing(), Standing::works);
    directory_.remove_driver("driver");
    EXPECT_EQ(standing(), Standing::unknown);
    directory_.set_caught_up_until(session_.created_at);
    EXPECT_EQ(standing(), Standing::works) << "it was made just now";
}

TEST_F(StandingTest, NothingIsKnownOfADocumentThatCannotBeRead) {
    directory_.remove_driver("driver");
    directory_.keep_driver_aside("driver");
    EXPECT_EQ(standing(), Standing::unknown);
    directory_.put(driver_cache::Driver{.id = "driver", .park_id = "park", .work_status = WorkStatus::working});
    EXPECT_EQ(standing(), Standing::works) << "the last good version counts";
    directory_.remove_park("park");
    directory_.keep_park_aside("park");
    EXPECT_EQ(standing(), Standing::unknown);
}

TEST_F(StandingTest, OneThatHasNotArrivedDoesNotWorkInADisabledPark) {
    directory_.remove_driver("driver");
    directory_.set_complete_until(session_.created_at);
    directory_.set_active("park", false);
    EXPECT_EQ(standing(), Standing::park_not_active);
}

TEST_F(StandingTest, ADocumentThatSaysARightIsGoneCountsBeforeOneThatCannotBeRead) {
    directory_.remove_driver("driver");
    directory_.keep_driver_aside("driver");
    directory_.set_active("park", false);
    EXPECT_EQ(standing(), Standing::park_not_active);
}

/// A child in the child of the park in which his parent works.
class StandingOfAChildTest : public StandingTest {
protected:
    StandingOfAChildTest() {
        directory_.put(
            driver_cache::Driver{.id = "parent", .park_id = "parent park", .work_status = WorkStatus::working});
        directory_.put(driver_cache::Park{.id = "parent park", .is_active = true});
        put_child("parent");
        directory_.put(driver_cache::Park{
            .id = "park", .is_active = true, .fleet_type = "vezet", .parent_park_id = "parent park"});
    }
    void put_child(const std::string& parent) {
        directory_.put(driver_cache::Driver{
            .id = "driver", .park_id = "park", .work_status = WorkStatus::working, .parent_driver_id = parent});
    }
};

TEST_F(StandingOfAChildTest, WorksWhileItsParentAndBothParksDo) {
    EXPECT_EQ(standing(), Standing::works);
    EXPECT_EQ(standing_of(session_.driver, directory_), Standing::works);
    EXPECT_EQ(standing_of_park("park", directory_), Standing::works);
}

TEST_F(StandingOfAChildTest, EndsWithItsParentWhateverTheCopySays) {
    for (const auto status : {WorkStatus::fired, WorkStatus::not_working, WorkStatus::other}) {
        directory_.set_work_status("parent", status);
        EXPECT_EQ(standing(), Standing::parent_not_working);
        EXPECT_EQ(standing_of(session_.driver, directory_), Standing::parent_not_working);
    }
}

TEST_F(StandingOfAChildTest, EndsWithTheParkOfItsParent) {
    directory_.set_active("parent park", false);
    EXPECT_EQ(standing(), Standing::parent_park_not_active);
    EXPECT_EQ(standing_of_park("park", directory_), Standing::parent_park_not_active);
    directory_.remove_park("parent park");
    EXPECT_EQ(standing(), Standing::parent_park_missing);
    EXPECT_EQ(standing_of_park("park", directory_), Standing::parent_park_missing);
}

TEST_F(StandingOfAChildTest, EndsWhenItsParentIsRemovedOrWorksElsewhere) {
    directory_.put(driver_cache::Driver{.id = "parent", .park_id = "elsewhere", .work_status = WorkStatus::working});
    EXPECT_EQ(standing(), Standing::parent_moved);
    directory_.remove_driver("parent");
    EXPECT_EQ(standing(), Standing::parent_missing);
    directory_.keep_driver_aside("parent");
    EXPECT_EQ(standing(), Standing::unknown);
}

TEST_F(StandingOfAChildTest, NeedsAParent) {
    put_child("");
    EXPECT_EQ(standing(), Standing::parent_missing);
    directory_.put(driver_cache::Park{.id = "park", .is_active = true, .fleet_type = "vezet"});
    EXPECT_EQ(standing_of_park("park", directory_), Standing::parent_park_missing);
}

TEST_F(StandingOfAChildTest, WaitsForAParentThatHasNotArrivedYet) {
    directory_.remove_driver("parent");
    directory_.set_complete_until(session_.created_at);
    EXPECT_EQ(standing(), Standing::works);
    EXPECT_EQ(standing_of(session_.driver, directory_), Standing::parent_missing) << "nobody vouches for it";
}

TEST_F(StandingOfAChildTest, HasTheDirectoryLookAgainAtWhatItReliesOn) {
    directory_.set_work_status("parent", WorkStatus::fired);
    static_cast<void>(standing());
    EXPECT_THAT(directory_.relied_on(), IsEmpty());
    directory_.set_work_status("parent", WorkStatus::working);
    static_cast<void>(standing());
    EXPECT_THAT(directory_.relied_on(), ElementsAre("driver driver", "driver parent", "park parent park", "park park"));
}

}  // namespace
}  // namespace twinfleet::driver_sessions
