#include "capabilities/driver_login/parks/offered_parks.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "capabilities/driver_login/testing/fleet.hpp"

namespace twinfleet::driver_login {
namespace {

using driver_cache::WorkStatus;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::make_driver;
using testing::put_child_park;
using testing::put_park;

const std::string phone_of_driver = "+79031234567";

class OfferedParksTest : public ::testing::Test {
protected:
    OfferedParksTest() {
        put_park(directory, "a");
        put_park(directory, "b");
        put_child_park(directory, "a-vezet", "a");
        put_child_park(directory, "a-rutaxi", "a", "rutaxi");
    }

    std::vector<std::string> offered(std::string_view family) const {
        std::vector<std::string> ids;
        for (const auto& park : offered_parks(directory, phone_of_driver, family)) {
            ids.push_back(park.id);
        }
        return ids;
    }
    std::string driver_for(std::string_view family, std::string_view park) const {
        const auto driver = driver_for_park(directory, phone_of_driver, family, park);
        return driver ? driver->id : "-";
    }

    driver_cache::testing::FakeFleetDirectory directory;
};

TEST_F(OfferedParksTest, AreTheParentsForTheMainFamilyAndTheirChildrenForAnother) {
    directory.put(make_driver("1", "a", phone_of_driver));
    directory.put(make_driver("2", "b", phone_of_driver));
    directory.put(make_driver("3", "b", "+79039999999"));
    EXPECT_THAT(offered("taximeter"), ElementsAre("a", "b"));
    EXPECT_THAT(offered("vezet"), ElementsAre("a-vezet")) << "b has no child";
    EXPECT_THAT(offered("rutaxi"), ElementsAre("a-rutaxi"));
    EXPECT_THAT(offered("nobody's"), IsEmpty());
    EXPECT_EQ(driver_for("taximeter", "a"), "1");
    EXPECT_EQ(driver_for("taximeter", "b"), "2");
    EXPECT_EQ(driver_for("vezet", "a-vezet"), "1") << "the parent driver";
}

TEST_F(OfferedParksTest, LeaveOutParksOfAnotherFamilyAndOfOthers) {
    directory.put(make_driver("1", "a", phone_of_driver));
    put_child_park(directory, "b-vezet", "b");
    EXPECT_EQ(driver_for("taximeter", "a-vezet"), "-");
    EXPECT_EQ(driver_for("vezet", "a"), "-");
    EXPECT_EQ(driver_for("vezet", "a-rutaxi"), "-");
    EXPECT_EQ(driver_for("vezet", "b-vezet"), "-");
    EXPECT_EQ(driver_for("taximeter", "b"), "-");
    EXPECT_EQ(driver_for("taximeter", "nowhere"), "-");
    EXPECT_EQ(driver_for("taximeter", ""), "-");
    EXPECT_EQ(driver_for("", ""), "-");
}

TEST_F(OfferedParksTest, LeaveOutParksThatAreNotActiveOrWhoseParentIsNot) {
    directory.put(make_driver("1", "a", phone_of_driver));
    directory.set_active("a-vezet", false);
    EXPECT_THAT(offered("vezet"), IsEmpty());
    EXPECT_EQ(driver_for("vezet", "a-vezet"), "-");
    EXPECT_THAT(offered("taximeter"), ElementsAre("a"));
    directory.set_active("a-vezet", true);
    directory.set_active("a", false);
    EXPECT_THAT(offered("vezet"), IsEmpty());
    EXPECT_THAT(offered("taximeter"), IsEmpty());
    EXPECT_EQ(driver_for("vezet", "a-vezet"), "-");
    EXPECT_EQ(driver_for("taximeter", "a"), "-");
}

TEST_F(OfferedParksTest, LeaveOutWhereTheDriverDoesNotWork) {
    directory.put(make_driver("1", "a", phone_of_driver));
    for (const auto status : {WorkStatus::not_working, WorkStatus::fired, WorkStatus::other}) {
        directory.set_work_status("1", status);
        EXPECT_THAT(offered("taximeter"), IsEmpty());
        EXPECT_THAT(offered("vezet"), IsEmpty());
        EXPECT_EQ(driver_for("taximeter", "a"), "1") << "so that he can be told why";
    }
}

TEST_F(OfferedParksTest, CountTheWorkingDriverOfTwoAndThenTheNewer) {
    auto older = make_driver("older", "a", phone_of_driver);
    auto newer = make_driver("newer", "a", phone_of_driver);
    newer.created_at_ms = 2;
    directory.put(older);
    directory.put(newer);
    EXPECT_EQ(driver_for("taximeter", "a"), "newer");
    EXPECT_THAT(offered("taximeter"), ElementsAre("a")) << "once";
    directory.set_work_status("newer", WorkStatus::fired);
    EXPECT_EQ(driver_for("taximeter", "a"), "older");
    EXPECT_EQ(driver_for("vezet", "a-vezet"), "older");
    EXPECT_THAT(offered("taximeter"), ElementsAre("a"));
    directory.set_work_status("older", WorkStatus::not_working);
    EXPECT_EQ(driver_for("taximeter", "a"), "newer");
}

TEST_F(OfferedParksTest, DoNotDependOnAChildProfile) {
    auto child = make_driver("child", "a-vezet", phone_of_driver);
    child.parent_driver_id = "1";
    directory.put(child);
    EXPECT_THAT(offered("vezet"), IsEmpty()) << "a child alone is no reason";
    EXPECT_THAT(parks_for_codes(directory, phone_of_driver), IsEmpty());
    directory.put(make_driver("1", "a", phone_of_driver));
    EXPECT_THAT(offered("vezet"), ElementsAre("a-vezet"));
    EXPECT_EQ(driver_for("vezet", "a-vezet"), "1");
}

TEST_F(OfferedParksTest, NeverTakeAParkThatSomebodyMadeAChildForAParent) {
    directory.put(make_driver("1", "a", phone_of_driver));
    auto park = *directory.park("a");
    park.parent_park_id = "b";
    directory.put(park);
    EXPECT_THAT(offered("taximeter"), IsEmpty());
    EXPECT_EQ(driver_for("taximeter", "a"), "-");
    EXPECT_EQ(driver_for("vezet", "a-vezet"), "-");
}

TEST_F(OfferedParksTest, CodesGoToWhoeverMightLogInToAParentPark) {
    const auto parks = [&] { return parks_for_codes(directory, phone_of_driver); };
    EXPECT_THAT(parks(), IsEmpty());
    directory.put(make_driver("1", "nowhere", phone_of_driver));
    EXPECT_THAT(parks(), IsEmpty());
    directory.put(make_driver("2", "a-vezet", phone_of_driver));
    EXPECT_THAT(parks(), IsEmpty()) << "a driver whom nobody mirrored there";
    directory.put(make_driver("3", "a", phone_of_driver));
    EXPECT_THAT(parks(), ElementsAre("a"));
    directory.set_work_status("3", WorkStatus::not_working);
    EXPECT_THAT(parks(), ElementsAre("a")) << "he is told so after the code";
    directory.set_work_status("3", WorkStatus::fired);
    EXPECT_THAT(parks(), IsEmpty());
    directory.set_work_status("3", WorkStatus::working);
    directory.set_active("a", false);
    EXPECT_THAT(parks(), IsEmpty());
}

}  // namespace
}  // namespace twinfleet::driver_login
