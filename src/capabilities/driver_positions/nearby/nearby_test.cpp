#include "capabilities/driver_positions/nearby/nearby.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "capabilities/driver_cache/testing/fake_fleet_directory.hpp"
#include "capabilities/driver_positions/testing/fakes.hpp"

namespace twinfleet::driver_positions {
namespace {

using driver_cache::WorkStatus;
using driver_sessions::DriverStatus;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr GeoPoint centre{.lat = 56.85, .lon = 53.2};
const platform::Time asked_at = platform::Time(std::chrono::seconds(1'714'564'800));

class NearbyTest : public ::testing::Test {
protected:
    /// A free, working driver of vezet so many metres to the north.
    void add(const std::string& name, double metres, DriverStatus status = DriverStatus::free,
             std::chrono::seconds age = std::chrono::seconds(5)) {
        constexpr double metres_per_degree = 111'226.3;
        const auto timestamp =
            std::chrono::duration_cast<std::chrono::milliseconds>((asked_at - age).time_since_epoch());
        const std::vector<Position> positions{
            {.point = {.lat = centre.lat + metres / metres_per_degree, .lon = centre.lon},
             .timestamp_ms = timestamp.count()}};
        static_cast<void>(store_.add({.tag = "tag-" + name, .family = "vezet"}, positions, asked_at));
        fleet_.put(driver_cache::Park{.id = "park", .is_active = true});
        statuses_.by_tag["tag-" + name] = {
            .driver = {.park_id = "park", .driver_id = name}, .family = "vezet", .status = status};
        fleet_.put(driver_cache::Driver{.id = name, .park_id = "park", .work_status = WorkStatus::working});
    }

    std::vector<std::string> find(std::size_t limit = 10, double radius_m = 5'000,
                                  std::vector<DriverStatus> statuses = {DriverStatus::free}) {
        NearbyDrivers nearby(store_, statuses_, fleet_, settings_);
        std::vector<std::string> names;
        for (const auto& driver : nearby.find({.family = "vezet",
                                  .circle = {.centre = centre, .radius_m = radius_m},
                                  .limit = limit,
                                  .statuses = std::move(statuses)},
                                              asked_at)) {
            names.push_back(driver.driver.driver_id);
        }
        return names;
    }

    std::size_t searches() {
        return store_.data.with([](const auto& data) { return data.searches; });
    }

    testing::MemoryStore store_;
    testing::FakeStatuses statuses_;
    driver_cache::testing::FakeFleetDirectory fleet_;
    PositionSettings settings_;
};

TEST_F(NearbyTest, FindsTheNearestFirst) {
    add("far", 900);
    add("near", 100);
    add("outside", 5'100);
    add("middle", 500);
    EXPECT_THAT(find(), ElementsAre("near", "middle", "far"));
    EXPECT_THAT(find(2), ElementsAre("near", "middle"));
    EXPECT_THAT(find(10, 50), IsEmpty());
}

TEST_F(NearbyTest, OrdersDriversAtOnePlaceByTag) {
    for (const char* name : {"c", "a", "b"}) {
        add(name, 100);
    }
    EXPECT_THAT(find(), ElementsAre("a", "b", "c"));
}

TEST_F(NearbyTest, LeavesOutOldPositions) {
    add("just", 100, DriverStatus::free, std::chrono::seconds(120));
    add("old", 50, DriverStatus::free, std::chrono::seconds(121));
    add("ahead", 200, DriverStatus::free, std::chrono::seconds(-60));
    EXPECT_THAT(find(), ElementsAre("just", "ahead"));
}

TEST_F(NearbyTest, ShowsWhereADriverIsNowAfterAPositionFromTheFuture) {
    add("driver", 10'000, DriverStatus::free, std::chrono::seconds(-55));
    EXPECT_THAT(find(), IsEmpty());
    const std::vector<Position> positions{
        {.point = centre,
         .timestamp_ms = std::chrono::floor<std::chrono::milliseconds>(asked_at).time_since_epoch().count() + 1}};
    static_cast<void>(
        store_.add({.tag = "tag-driver", .family = "vezet"}, positions, asked_at + std::chrono::seconds(1)));
    EXPECT_THAT(find(), ElementsAre("driver"));
}

TEST_F(NearbyTest, ShowsWhereADriverIsNowThoughHisClockIsStillALittleAhead) {
    add("driver", 10'000, DriverStatus::free, std::chrono::seconds(-55));
    const auto later = asked_at + overtaking_max;
    const std::vector<Position> positions{
        {.point = centre,
         .timestamp_ms = std::chrono::floor<std::chrono::milliseconds>(later).time_since_epoch().count() + 500}};
    static_cast<void>(store_.add({.tag = "tag-driver", .family = "vezet"}, positions, later));
    EXPECT_THAT(find(), ElementsAre("driver"));
}

TEST_F(NearbyTest, LeavesOutOtherStatusesAndWhoIsUnknown) {
    add("busy", 100, DriverStatus::busy);
    add("offline", 200, DriverStatus::offline);
    add("free", 300);
    add("silent", 400);
    statuses_.by_tag.erase("tag-silent");
    EXPECT_THAT(find(), ElementsAre("free"));
    EXPECT_THAT(find(10, 5'000, {DriverStatus::free, DriverStatus::busy}), ElementsAre("busy", "free"));
    EXPECT_THAT(find(10, 5'000, {DriverStatus::offline}), ElementsAre("offline"));
}

TEST_F(NearbyTest, LeavesOutWhoDoesNotWork) {
    add("working", 100);
    add("fired", 10);
    add("other park", 20);
    add("unknown", 30);
    fleet_.set_work_status("fired", WorkStatus::fired);
    fleet_.put(driver_cache::Driver{.id = "other park", .park_id = "elsewhere", .work_status = WorkStatus::working});
    fleet_.remove_driver("unknown");
    EXPECT_THAT(find(), ElementsAre("working"));
    fleet_.set_stale(true);
    EXPECT_THAT(find(), ElementsAre("unknown", "working"));
}

TEST_F(NearbyTest, LeavesOutWhoHasLoggedOutWhateverStatusIsAskedFor) {
    add("here", 100, DriverStatus::offline);
    add("out", 50, DriverStatus::offline);
    statuses_.by_tag["tag-out"].is_logged_in = false;
    EXPECT_THAT(find(10, 5'000, {DriverStatus::offline}), ElementsAre("here"));
}

TEST_F(NearbyTest, LeavesOutEverybodyOfAParkThatIsSwitchedOff) {
    add("driver", 100);
    fleet_.set_active("park", false);
    EXPECT_THAT(find(), IsEmpty());
    fleet_.set_stale(true);
    EXPECT_THAT(find(), IsEmpty()) << "what was known last counts";
}

TEST_F(NearbyTest, LeavesOutAChildWhoseParentOrHisParkIsOut) {
    add("child", 100);
    fleet_.put(
        driver_cache::Park{.id = "park", .is_active = true, .fleet_type = "vezet", .parent_park_id = "parent park"});
    fleet_.put(driver_cache::Park{.id = "parent park", .is_active = true});
    fleet_.put(driver_cache::Driver{.id = "parent", .park_id = "parent park", .work_status = WorkStatus::working});
    fleet_.put(driver_cache::Driver{
        .id = "child", .park_id = "park", .work_status = WorkStatus::working, .parent_driver_id = "parent"});
    EXPECT_THAT(find(), ElementsAre("child"));
    fleet_.set_work_status("parent", WorkStatus::fired);
    EXPECT_THAT(find(), IsEmpty());
    fleet_.set_work_status("parent", WorkStatus::working);
    fleet_.set_active("parent park", false);
    EXPECT_THAT(find(), IsEmpty());
}

TEST_F(NearbyTest, LooksFurtherWhenTheNearestAreLeftOut) {
    for (int i = 0; i < 300; ++i) {
        add("busy" + std::to_string(i), i, DriverStatus::busy);
    }
    add("free", 1'000);
    EXPECT_THAT(find(1), ElementsAre("free"));
    EXPECT_EQ(searches(), 3U);
}

TEST_F(NearbyTest, DoesNotLookFurtherThanItMay) {
    for (int i = 0; i < 300; ++i) {
        add("busy" + std::to_string(i), i, DriverStatus::busy);
    }
    add("free", 1'000);
    settings_.nearby_candidates_max = 100;
    EXPECT_THAT(find(1), IsEmpty());
    EXPECT_EQ(searches(), 2U);
}

TEST_F(NearbyTest, ShowsADriverWhoMovesBetweenTwoLooksOnce) {
    for (int i = 0; i < 40; ++i) {
        add("busy" + std::to_string(i), 10 + i, DriverStatus::busy);
    }
    add("free", 5);
    store_.data.with([this](auto& data) {
        data.before_search = [this] {
            if (searches() == 1) {
                add("free", 60, DriverStatus::free, std::chrono::seconds(1));
            }
        };
    });
    EXPECT_THAT(find(2), ElementsAre("free"));
    EXPECT_EQ(searches(), 2U);
}

}  // namespace
}  // namespace twinfleet::driver_positions
