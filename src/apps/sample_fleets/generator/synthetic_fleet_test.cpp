#include "apps/sample_fleets/generator/synthetic_fleet.hpp"

#include <algorithm>
#include <set>
#include <stdexcept>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "apps/sample_fleets/generator/collected_fleet_for_tests.hpp"

namespace twinfleet::sample_fleets {
namespace {

using ::testing::IsEmpty;

constexpr auto size_of = [](std::uint32_t parks, std::uint32_t rules, std::uint32_t cars, std::uint32_t drivers,
                            std::uint32_t unique_drivers) {
    SyntheticFleet fleet;
    fleet.parks = parks;
    fleet.rules_per_park = rules;
    fleet.cars = cars;
    fleet.drivers = drivers;
    fleet.unique_drivers = unique_drivers;
    return fleet;
};

CollectedFleet generate(const SyntheticFleet& fleet) {
    CollectedFleet collected;
    generate_synthetic_fleet(fleet, collected.sink());
    return collected;
}

double mean_size_bytes(const CollectedFleet::Documents& documents) {
    double sum = 0;
    for (const auto& [id, document] : documents) {
        sum += static_cast<double>(document.size_bytes());
    }
    return sum / static_cast<double>(documents.size());
}

TEST(SyntheticFleet, HasTheSizeThatIsAskedFor) {
    const auto fleet = generate(size_of(7, 3, 50, 60, 20));
    EXPECT_EQ(fleet.of(Collection::parks).size(), 7U);
    EXPECT_EQ(fleet.of(Collection::work_rules).size(), 21U);
    EXPECT_EQ(fleet.of(Collection::cars).size(), 50U);
    EXPECT_EQ(fleet.of(Collection::drivers).size(), 60U);
    EXPECT_EQ(fleet.of(Collection::unique_drivers).size(), 20U);
    EXPECT_THAT(fleet.repeated, IsEmpty());
}

TEST(SyntheticFleet, IsClosedWhateverTheProportions) {
    for (const auto& size : {size_of(7, 2, 50, 60, 0), size_of(7, 1, 3, 60, 0), size_of(1, 2, 5, 5, 5),
                             size_of(10, 2, 0, 20, 0), size_of(10, 2, 15, 40, 0)}) {
        EXPECT_THAT(open_references(generate(size)), IsEmpty());
    }
}

TEST(SyntheticFleet, GivesEveryDriverACarOfHisOwnWhereThereAreEnough) {
    const auto fleet = generate(size_of(7, 2, 60, 60, 0));
    std::set<std::string> cars;
    for (const auto& [id, driver] : fleet.of(Collection::drivers)) {
        EXPECT_TRUE(cars.insert(text_of(driver, "car_id")).second);
    }
    EXPECT_FALSE(cars.contains(""));
}

TEST(SyntheticFleet, DocumentsWeighWhatTheBenchmarksAssume) {
    const auto fleet = generate(size_of(10, 2, 300, 300, 0));
    EXPECT_NEAR(mean_size_bytes(fleet.of(Collection::cars)), 500, 100);
    EXPECT_NEAR(mean_size_bytes(fleet.of(Collection::drivers)), 800, 100);
}

TEST(SyntheticFleet, IsTheSameEachTimeAndAnotherForAnotherPrefix) {
    auto size = size_of(5, 2, 20, 20, 20);
    EXPECT_EQ(generate(size).digest, generate(size).digest);
    const auto one = generate(size);
    size.prefix = "other";
    const auto other = generate(size);
    for (const auto collection : {Collection::parks, Collection::work_rules, Collection::cars, Collection::drivers}) {
        for (const auto& [id, document] : other.of(collection)) {
            EXPECT_FALSE(one.of(collection).contains(id));
        }
    }
}

TEST(SyntheticFleet, TellsItsIds) {
    const auto size = size_of(5, 2, 20, 20, 0);
    const auto fleet = generate(size);
    const auto* driver = fleet.find(Collection::drivers, synthetic_driver_id(size, 13));
    ASSERT_NE(driver, nullptr);
    EXPECT_EQ(text_of(*driver, "park_id"), synthetic_park_id(size, 3));
    EXPECT_EQ(text_of(*driver, "car_id"), synthetic_car_id(size, 13));
    EXPECT_EQ(text_of(*driver, "rule_id"), synthetic_rule_id(size, 3, 0));
}

TEST(SyntheticFleet, ComesInTheOrderInWhichReferencesCanBeFollowed) {
    EXPECT_TRUE(std::ranges::is_sorted(generate(size_of(5, 2, 20, 20, 5)).order));
}

TEST(SyntheticFleet, RefusesAFleetThatCannotBe) {
    EXPECT_THROW(generate(size_of(0, 2, 1, 0, 0)), std::invalid_argument);
    EXPECT_THROW(generate(size_of(1, 0, 0, 1, 0)), std::invalid_argument);
    EXPECT_THROW(generate(size_of(1, 1, 0, 1, 2)), std::invalid_argument);
}

}  // namespace
}  // namespace twinfleet::sample_fleets
