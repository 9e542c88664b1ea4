#include "apps/sample_fleets/generator/city_fleets.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <set>
#include <stdexcept>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "apps/sample_fleets/generator/collected_fleet_for_tests.hpp"
#include "domain/license.hpp"
#include "tests/support/source_tree.hpp"

namespace twinfleet::sample_fleets {
namespace {

using ::testing::IsEmpty;
using ::testing::MatchesRegex;

const Registers& registers_that_ship() {
    static const Registers registers = read_registers(twinfleet::testing::source_tree() / "samples");
    return registers;
}

CollectedFleet generate(std::uint32_t cars_per_park_max) {
    CollectedFleet fleet;
    generate_city_fleets(registers_that_ship(), {.cars_per_park_max = cars_per_park_max}, fleet.sink());
    return fleet;
}

/// Generated once: the tests only read it.
const CollectedFleet& whole_fleet() {
    static const CollectedFleet fleet = generate(CityFleetsOptions{}.cars_per_park_max);
    return fleet;
}

/// 32 lower-case hex digits. (A regular expression for each of 100,000 documents takes seconds.)
bool is_identifier(std::string_view text) {
    return text.size() == 32 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

TEST(CityFleets, HaveTheParksAndCarsOfTheRegisters) {
    std::map<std::string, int> parks;
    for (const auto& [id, park] : whole_fleet().of(Collection::parks)) {
        ++parks[text_of(park, "city_id")];
    }
    EXPECT_EQ(parks["Chicago"], 24);
    EXPECT_EQ(parks["New York"], 993);
    EXPECT_EQ(parks.size(), 2U);
    EXPECT_EQ(whole_fleet().of(Collection::work_rules).size(), 2U * (24 + 993));
    // 3,761 of Chicago's taxis and 31,431 cars of New York fit below 500 a park.
    EXPECT_EQ(whole_fleet().of(Collection::cars).size(), 3'761U + 31'431U);
    EXPECT_THAT(whole_fleet().repeated, IsEmpty());
}

TEST(CityFleets, KeepEveryChicagoTaxiWithAnActiveLicence) {
    int working = 0;
    for (const auto& [id, car] : whole_fleet().of(Collection::cars)) {
        if (text_of(car, origin_field) == origin::chicago && text_of(car, "status") == "working") {
            EXPECT_EQ(text_of(car, "license_status"), "ACTIVE");
            ++working;
        }
    }
    EXPECT_EQ(working, 2'375);
}

TEST(CityFleets, ShowATaxiAsTheRegisterHasIt) {
    // 1767Taxi,Taxi,1767,ACTIVE,TOYOTA,SIENNA,2020,WHITE,Gasoline,Y,Flash Cab Co
    const auto& cars = whole_fleet().of(Collection::cars);
    const auto found = std::ranges::find_if(cars, [](const auto& entry) {
        return text_of(entry.second, "callsign") == "1767" && text_of(entry.second, origin_field) == origin::chicago;
    });
    ASSERT_NE(found, cars.end());
    const bson::View car = found->second;
    EXPECT_EQ(text_of(car, "brand"), "TOYOTA");
    EXPECT_EQ(text_of(car, "model"), "SIENNA");
    EXPECT_EQ(car.find("year").value().integer(), 2020);
    EXPECT_EQ(text_of(car, "color"), "WHITE");
    EXPECT_EQ(text_of(car, "fuel"), "Gasoline");
    EXPECT_EQ(text_of(car.find("amenities").value().document(), "1"), "wheelchair");
    const auto* park = whole_fleet().find(Collection::parks, text_of(car, "park_id"));
    ASSERT_NE(park, nullptr);
    EXPECT_EQ(text_of(*park, "name"), "Flash Cab Co");
    EXPECT_EQ(text_of(*park, "login"), "chicago-flash-cab-co");
}

TEST(CityFleets, NameABaseByItsTradeNameWhereThereIsOne) {
    std::map<std::string, std::string> names;
    for (const auto& [id, park] : whole_fleet().of(Collection::parks)) {
        names[text_of(park, "register_record")] = text_of(park, "name");
    }
    EXPECT_EQ(names["B00008"], "FOUR ONES CAR SERVICE");
    EXPECT_EQ(names["B00001"], "LONDON TOWNCARS INC");
}

TEST(CityFleets, AreTheSameBytesInEveryRunAndProcess) {
    const auto fleet = generate(20);
    EXPECT_EQ(fleet.digest, generate(20).digest);
    // A figure from another process. It changes with the registers and with the shape of the documents, and with
    // nothing else.
    EXPECT_EQ(fleet.digest, 17278176356881438054ULL);
}

TEST(CityFleets, ReferToNothingOutsideTheSamePark) {
    EXPECT_THAT(open_references(whole_fleet()), IsEmpty());
    EXPECT_THAT(open_references(generate(3)), IsEmpty());
}

TEST(CityFleets, ComeInTheOrderInWhichReferencesCanBeFollowed) {
    EXPECT_TRUE(std::ranges::is_sorted(generate(3).order));
}

TEST(CityFleets, HaveAboutOneDriverForEachWorkingCar) {
    const auto& cars = whole_fleet().of(Collection::cars);
    const auto working_cars =
        std::ranges::count_if(cars, [](const auto& entry) { return text_of(entry.second, "status") == "working"; });
    const auto people = static_cast<std::ptrdiff_t>(whole_fleet().of(Collection::unique_drivers).size());
    EXPECT_GE(people, working_cars);
    EXPECT_LE(people, working_cars * 105 / 100);

    std::map<std::string, std::size_t> by_status;
    for (const auto& [id, driver] : whole_fleet().of(Collection::drivers)) {
        ++by_status[text_of(driver, "work_status")];
    }
    EXPECT_EQ(by_status.size(), 3U);
    EXPECT_GT(by_status["working"], whole_fleet().of(Collection::drivers).size() * 9 / 10);
    EXPECT_GT(by_status["not_working"], 0U);
    EXPECT_GT(by_status["fired"], 0U);
}

TEST(CityFleets, GiveDistinctPeopleDistinctPhonesAndLicences) {
    std::map<std::string, std::string> license_by_phone;
    std::map<std::string, std::string> phone_by_license;
    for (const auto& [id, driver] : whole_fleet().of(Collection::drivers)) {
        const auto phone = first_text_of(driver, "phones");
        const auto license = domain::normalize_license(license_of(driver));
        ASSERT_THAT(phone, MatchesRegex(R"(\+88896[0-9]{9})"));
        ASSERT_FALSE(license.empty());
        ASSERT_EQ(license_by_phone.emplace(phone, license).first->second, license) << "two people share a phone";
        ASSERT_EQ(phone_by_license.emplace(license, phone).first->second, phone) << "one person has two phones";
    }
    EXPECT_EQ(license_by_phone.size(), whole_fleet().of(Collection::unique_drivers).size());
}

TEST(CityFleets, ListAllProfilesOfALicenceInOneUniqueDriver) {
    std::map<std::string, std::set<std::pair<std::string, std::string>>> expected;
    for (const auto& [id, driver] : whole_fleet().of(Collection::drivers)) {
        expected[domain::normalize_license(license_of(driver))].emplace(text_of(driver, "park_id"),
                                                                        text_of(driver, "_id"));
    }
    std::map<std::string, std::set<std::pair<std::string, std::string>>> listed;
    std::size_t in_several_parks = 0;
    for (const auto& [id, unique_driver] : whole_fleet().of(Collection::unique_drivers)) {
        auto& profiles = listed[text_of(unique_driver, "license")];
        EXPECT_THAT(profiles, IsEmpty()) << "a licence has two records";
        for (const auto& profile : unique_driver.view().find("profiles").value().document()) {
            EXPECT_EQ(text_of(profile.document(), "app_family"), "taximeter");
            profiles.emplace(text_of(profile.document(), "park_id"), text_of(profile.document(), "driver_id"));
        }
        std::set<std::string> parks;
        for (const auto& [park_id, driver_id] : profiles) {
            parks.insert(park_id);
        }
        EXPECT_EQ(parks.size(), profiles.size()) << "twice in one park";
        in_several_parks += parks.size() > 1 ? 1 : 0;
    }
    EXPECT_TRUE(listed == expected);
    EXPECT_GT(in_several_parks, listed.size() * 2 / 100);
    EXPECT_LT(in_several_parks, listed.size() * 5 / 100);
}

TEST(CityFleets, KeepToTheContractsShapes) {
    const auto now_ms =
        std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
            .count();
    std::set<std::string> logins;
    for (const auto collection : collections) {
        for (const auto& [id, document] : whole_fleet().of(collection)) {
            const bson::View view = document;
            ASSERT_NO_THROW(view.validate());
            ASSERT_TRUE(is_identifier(text_of(view, "_id")));
            const auto created = view.find("created_date").value();
            const auto modified = view.find("modified_date").value();
            ASSERT_EQ(created.type, bson::Type::date);
            ASSERT_EQ(modified.type, bson::Type::date);
            ASSERT_LE(created.date_ms(), modified.date_ms());
            ASSERT_LT(modified.date_ms(), now_ms);
            ASSERT_FALSE(view.find("updated_ts")) << "the server sets it";
            ASSERT_FALSE(view.find("fleet_type"));
            if (collection == Collection::parks) {
                ASSERT_TRUE(logins.insert(text_of(view, "login")).second) << text_of(view, "login");
            }
        }
    }
}

TEST(CityFleets, CapParksWithoutTouchingIdsPhonesAndLicences) {
    const auto small = generate(3);
    std::map<std::string, int> cars_of_park;
    for (const auto& [id, car] : small.of(Collection::cars)) {
        ++cars_of_park[text_of(car, "park_id")];
        const auto* same = whole_fleet().find(Collection::cars, text_of(car, "_id"));
        ASSERT_NE(same, nullptr);
        ASSERT_EQ(*same, car);
    }
    EXPECT_TRUE(std::ranges::all_of(cars_of_park, [](const auto& entry) { return entry.second <= 3; }));
    EXPECT_EQ(cars_of_park.size(), 24U + 993U);
    for (const auto& [id, driver] : small.of(Collection::drivers)) {
        const auto* same = whole_fleet().find(Collection::drivers, text_of(driver, "_id"));
        ASSERT_NE(same, nullptr);
        ASSERT_EQ(first_text_of(*same, "phones"), first_text_of(driver, "phones"));
        ASSERT_EQ(license_of(*same), license_of(driver));
    }
}

TEST(CityFleets, RefuseACapOutOfRange) {
    const Sink nowhere = [](Collection, bson::View) {};
    EXPECT_THROW(generate_city_fleets({}, {.cars_per_park_max = 0}, nowhere), std::invalid_argument);
    EXPECT_THROW(generate_city_fleets({}, {.cars_per_park_max = 5'001}, nowhere), std::invalid_argument);
}

TEST(CityFleets, OfEmptyRegistersAreEmpty) {
    CollectedFleet fleet;
    generate_city_fleets({}, {}, fleet.sink());
    EXPECT_THAT(fleet.order, IsEmpty());
}

}  // namespace
}  // namespace twinfleet::sample_fleets
