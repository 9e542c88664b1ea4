#include "apps/sample_fleets/store/edits.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <stdexcept>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace twinfleet::sample_fleets {
namespace {

using testing::StartsWith;

/// Two parks with two cars and two drivers each, and one without cars.
EditableFleet small_fleet() {
    EditableFleet fleet;
    fleet.parks = {{"p0", "Park 0"}, {"p1", "Park 1"}, {"p2", "Park 2"}};
    fleet.work_rules = {{"r0", "Own car"}, {"r1", "Own car"}, {"r2", "Own car"}};
    fleet.cars = {"c0", "c1", "c2", "c3"};
    fleet.drivers = {{"d0", 0}, {"d1", 0}, {"d2", 1}, {"d3", 1}, {"d4", 2}};
    fleet.cars_of_park = {{"c0", "c1"}, {"c2", "c3"}, {}};
    return fleet;
}

std::string text_of(const Edit& edit, std::string_view key) {
    const auto element = edit.set.view().find(key);
    return element && element->is_string() ? std::string(element->string()) : std::string();
}

TEST(Edits, FollowFromTheirSeed) {
    const auto fleet = small_fleet();
    EditSequence one(fleet, 7);
    EditSequence same(fleet, 7);
    EditSequence other(fleet, 8);
    int differences = 0;
    for (int i = 0; i < 200; ++i) {
        const auto edit = one.next();
        const auto again = same.next();
        EXPECT_EQ(edit.id, again.id);
        EXPECT_EQ(edit.set, again.set);
        const auto another = other.next();
        differences += another.id != edit.id || another.set != edit.set ? 1 : 0;
    }
    EXPECT_GT(differences, 100);
}

TEST(Edits, AreOfEveryKindAndNameADocumentOfTheirCollection) {
    const auto fleet = small_fleet();
    const std::map<Collection, char> first_letter{
        {Collection::parks, 'p'}, {Collection::work_rules, 'r'}, {Collection::cars, 'c'}, {Collection::drivers, 'd'}};
    EditSequence edits(fleet, 1);
    std::set<EditKind> kinds;
    for (int i = 0; i < 1000; ++i) {
        const auto edit = edits.next();
        kinds.insert(edit.kind);
        EXPECT_EQ(edit.id.front(), first_letter.at(edit.collection));
        EXPECT_FALSE(edit.set.view().empty());
    }
    EXPECT_EQ(kinds.size(), edit_kind_names.size());
}

TEST(Edits, GiveADriverCarsOfHisOwnParkOnly) {
    const auto fleet = small_fleet();
    EditSequence edits(fleet, 2);
    int with_car = 0;
    for (int i = 0; i < 2000; ++i) {
        const auto edit = edits.next();
        if (edit.kind != EditKind::driver_car) {
            continue;
        }
        const auto car = edit.set.view().find("car_id").value();
        if (car.type == bson::Type::null) {
            continue;
        }
        ++with_car;
        const auto driver = std::ranges::find(fleet.drivers, edit.id, &EditableFleet::Driver::id);
        ASSERT_NE(driver, fleet.drivers.end());
        EXPECT_EQ(std::ranges::count(fleet.cars_of_park.at(driver->park), std::string(car.string())), 1);
    }
    EXPECT_GT(with_car, 100);
}

TEST(Edits, NeverGiveAPhoneTwice) {
    const auto fleet = small_fleet();
    EditSequence edits(fleet, 3);
    std::set<std::string> phones;
    for (int i = 0; i < 2000; ++i) {
        const auto edit = edits.next();
        if (edit.kind != EditKind::driver_phone) {
            continue;
        }
        const auto list = edit.set.view().find("phones").value();
        ASSERT_EQ(list.type, bson::Type::array);
        const std::string phone(list.document().find("0").value().string());
        EXPECT_THAT(phone, StartsWith("+88896"));
        EXPECT_TRUE(phones.insert(phone).second);
    }
    EXPECT_GT(phones.size(), 100U);
}

TEST(Edits, RenameFromTheNameThatWasReadSoThatNamesDoNotGrow) {
    const auto fleet = small_fleet();
    EditSequence edits(fleet, 4);
    for (int i = 0; i < 2000; ++i) {
        const auto edit = edits.next();
        if (edit.kind == EditKind::rule_name) {
            EXPECT_THAT(text_of(edit, "name"), StartsWith("Own car ("));
            EXPECT_LE(text_of(edit, "name").size(), 14U);
        }
    }
}

TEST(Edits, NeedAFleet) {
    auto fleet = small_fleet();
    fleet.drivers.clear();
    EXPECT_THROW(EditSequence(fleet, 1), std::invalid_argument);
}

}  // namespace
}  // namespace twinfleet::sample_fleets
