#include "capabilities/driver_login/children/announced_child_drivers.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "capabilities/driver_cache/testing/fake_newcomers.hpp"
#include "capabilities/driver_login/testing/fakes.hpp"
#include "capabilities/driver_login/testing/fleet.hpp"

namespace twinfleet::driver_login {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class AnnouncedChildDriversTest : public ::testing::Test {
protected:
    AnnouncedChildDriversTest() {
        testing::put_child_park(directory, "child-park", "park");
        made.answer("vezet", "driver", ChildDriver{.driver_id = "child", .park_id = "child-park"});
    }
    [[nodiscard]] static driver_cache::Driver child() {
        return testing::make_driver("child", "child-park", "+79031234567");
    }
    [[nodiscard]] bool is_ready() const { return is_profile_ready(directory, "child-park", "child"); }
    /// The id of the child; `refused` where there is none.
    std::string make() {
        const auto result = children.make("vezet", "driver");
        const auto* child = std::get_if<ChildDriver>(&result);
        return child == nullptr ? "refused" : child->driver_id;
    }

    driver_cache::testing::FakeFleetDirectory directory;
    driver_cache::testing::FakeNewcomers newcomers;
    testing::FakeChildDrivers made;
    AnnouncedChildDrivers children{made, directory, newcomers};
};

TEST_F(AnnouncedChildDriversTest, ANewChildIsHereWhenItIsMade) {
    newcomers.set_read([this](std::string_view /*driver_id*/) {
        directory.put(child());
        return true;
    });
    EXPECT_EQ(make(), "child");
    EXPECT_THAT(newcomers.announced(), ElementsAre("child"));
    EXPECT_TRUE(is_ready());
}

TEST_F(AnnouncedChildDriversTest, AChildThatCannotBeReadIsMadeAllTheSame) {
    EXPECT_EQ(make(), "child");
    EXPECT_THAT(newcomers.announced(), ElementsAre("child"));
    EXPECT_FALSE(is_ready());
}

TEST_F(AnnouncedChildDriversTest, WhoHasBeenHereAllAlongIsNoNews) {
    directory.put(child());
    EXPECT_EQ(make(), "child");
    EXPECT_THAT(newcomers.announced(), IsEmpty());
}

TEST_F(AnnouncedChildDriversTest, WhoIsHereAsHeNoLongerIsIsReadAgain) {
    auto fired = child();
    fired.work_status = driver_cache::WorkStatus::fired;
    auto elsewhere = child();
    elsewhere.park_id = "another-park";
    auto with_car = child();
    with_car.car_id = "car";
    for (const auto& known : {fired, elsewhere, with_car}) {
        directory.put(known);
        EXPECT_FALSE(is_ready());
        EXPECT_EQ(make(), "child");
    }
    EXPECT_THAT(newcomers.announced(), ElementsAre("child", "child", "child"));
    directory.put(driver_cache::Car{.id = "car", .park_id = "child-park"});
    EXPECT_TRUE(is_ready());
    directory.remove_park("child-park");
    EXPECT_FALSE(is_ready());
}

TEST_F(AnnouncedChildDriversTest, NobodyIsAnnouncedWhoWasNotMade) {
    made.answer("vezet", "driver", ChildRefusal::driver_not_working);
    EXPECT_EQ(make(), "refused");
    EXPECT_THAT(newcomers.announced(), IsEmpty());
}

}  // namespace
}  // namespace twinfleet::driver_login
