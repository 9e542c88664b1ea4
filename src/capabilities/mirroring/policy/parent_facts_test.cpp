#include "capabilities/mirroring/policy/parent_facts.hpp"

#include <limits>

#include <gtest/gtest.h>

#include "capabilities/mirroring/entities/entity_table.hpp"
#include "capabilities/mirroring/policy/projection.hpp"

namespace twinfleet::mirroring {
namespace {

const domain::AppFamily family_of_parents{"vezet"};

TEST(ParentTime, IsThatOfItsUpdatedTs) {
    using std::chrono::milliseconds;
    using std::chrono::seconds;
    EXPECT_EQ(to_time(bson::ChangeTime::of(bson::Timestamp{1'700'000'000, 7})), Time(seconds(1'700'000'000)));
    EXPECT_EQ(to_time(bson::ChangeTime::of(bson::Timestamp{1'700'000'000, 4'000'000'000})),
              Time(seconds(1'700'000'000)))
        << "a counter is no part of a second";
    EXPECT_EQ(to_time(bson::ChangeTime::of_date(-1'000)), Time(milliseconds(-1'000)));
    EXPECT_EQ(to_time({}), std::nullopt);
}

TEST(ParentTime, IsNoneBeyondWhatTheStoreOfLinksHolds) {
    using Date = std::numeric_limits<std::int64_t>;
    EXPECT_EQ(to_time(bson::ChangeTime::of_date(Date::min())), std::nullopt);
    EXPECT_EQ(to_time(bson::ChangeTime::of_date(Date::max())), std::nullopt);
}

TEST(Inspect, NamesWhatCannotBeMirrored) {
    const Projector drivers(entity("drivers"), family_of_parents);
    const Projector parks(entity("parks"), family_of_parents);
    EXPECT_EQ(drivers.inspect(bson::from_json(R"({"_id": 5, "park_id": "p"})")).problem, "bad_id");
    EXPECT_EQ(drivers.inspect(bson::from_json(R"({"_id": 5, "park_id": "p"})")).id, R"({"$numberInt":"5"})");
    EXPECT_EQ(drivers.inspect(bson::from_json(R"({"park_id": "p"})")).problem, "bad_id");
    EXPECT_EQ(drivers.inspect(bson::from_json(R"({"_id": "d", "park_id": 5})")).problem, "bad_field:park_id");
    EXPECT_EQ(drivers.inspect(bson::from_json(R"({"_id": "d"})")).problem, "bad_field:park_id");
    EXPECT_EQ(parks.inspect(bson::from_json(R"({"_id": "p", "login": 5})")).problem, "bad_field:login");
    EXPECT_EQ(parks.inspect(bson::from_json(R"({"_id": "p"})")).problem, "bad_field:login");
    EXPECT_EQ(drivers.inspect(bson::from_json(R"({"_id": "d", "park_id": "p", "phones": 5, "year": "x"})")).problem,
              "");
    EXPECT_EQ(drivers.inspect(bson::from_json("{\"_id\": \"a\\u0000b\", \"park_id\": \"p\"}")).problem, "bad_id");
}

TEST(Inspect, TellsIdsApartThatNoTextCanHold) {
    const Projector drivers(entity("drivers"), family_of_parents);
    const auto id_of = [&](std::string_view id) {
        bson::Builder document;
        document.string("_id", id).string("park_id", "p");
        const auto taken = document.take();
        const ParentFacts facts = drivers.inspect(taken);
        EXPECT_EQ(facts.problem, "bad_id");
        return facts.id;
    };
    EXPECT_NE(id_of("\xff"), id_of("\xfe"));
    EXPECT_EQ(id_of("\xff"), id_of("\xff"));
    EXPECT_TRUE(is_stand_in_for_id(id_of("\xff")));
    EXPECT_FALSE(is_stand_in_for_id(id_of(std::string(2'000, 'x'))));
}

TEST(Inspect, KnowsChildrenByTheirFleetType) {
    const Projector parks(entity("parks"), family_of_parents);
    EXPECT_TRUE(parks.inspect(bson::from_json(R"({"_id": "p", "login": "l", "fleet_type": "other"})")).is_child);
    EXPECT_FALSE(parks.inspect(bson::from_json(R"({"_id": "p", "login": "l"})")).is_child);
    EXPECT_FALSE(parks.inspect(bson::from_json(R"({"_id": "p", "login": "l", "fleet_type": null})")).is_child);
    EXPECT_FALSE(parks.inspect(bson::from_json(R"({"_id": "p", "login": "l", "fleet_type": ""})")).is_child);
    EXPECT_TRUE(parks.inspect(bson::from_json(R"({"_id": "p", "login": "l", "fleet_type": 5})")).is_child);
}

TEST(Suspects, AreStringsInFieldsWithoutAPolicy) {
    const Projector drivers(entity("drivers"), family_of_parents);
    const auto document =
        bson::from_json(R"({"_id": "d", "park_id": "p", "first_name": "named", "second_car_id": "car9",
        "notes": "two words", "cars": ["car1", "car2"], "more": {"rule": "r1"}})");
    std::vector<Projector::Suspect> suspects;
    drivers.collect_suspects(document, suspects);
    std::vector<std::string> found;
    for (const auto& suspect : suspects) {
        found.push_back(std::string(suspect.field) + "=" + std::string(suspect.text));
    }
    EXPECT_EQ(found, (std::vector<std::string>{"second_car_id=car9", "cars=car1", "cars=car2", "more=r1"}));
}

}  // namespace
}  // namespace twinfleet::mirroring
