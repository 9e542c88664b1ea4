#pragma once

#include <cstdint>
#include <string>

#include "apps/sample_fleets/generator/documents.hpp"

namespace twinfleet::sample_fleets {

/// How large a fleet for benchmarks is. Cars and drivers are dealt to the parks in turn. Drivers get a car of their own
/// park: several share one where cars are fewer, and none where the park has no car. They get the rules of their park
/// in turn.
struct SyntheticFleet {
    std::uint32_t parks = 500;
    std::uint32_t rules_per_park = 2;
    std::uint32_t cars = 40'000;
    std::uint32_t drivers = 40'000;
    /// How many of the drivers, beginning with the first, have a record in dbtaxi.unique_drivers.
    std::uint32_t unique_drivers = 4'000;
    std::string city_id = "Chicago";
    /// What names, logins and the keys of ids begin with. Fleets with different prefixes can be in one store, but have
    /// the same phones and licences.
    std::string prefix = "synthetic";
};

/// Generates the fleet, collection by collection, so that a document comes after those that it refers to. A car weighs
/// about 500 bytes, a driver about 800. The same size gives the same documents. Throws std::invalid_argument when there
/// are cars, drivers or rules without a park, drivers without a rule, more unique drivers than drivers, or more drivers
/// than phones.
void generate_synthetic_fleet(const SyntheticFleet& fleet, const Sink& sink);

/// The ids of the documents of generate_synthetic_fleet(). Parks, cars and drivers are counted from 0, and so are the
/// rules of each park.
[[nodiscard]] std::string synthetic_park_id(const SyntheticFleet& fleet, std::uint32_t park);
[[nodiscard]] std::string synthetic_rule_id(const SyntheticFleet& fleet, std::uint32_t park, std::uint32_t rule);
[[nodiscard]] std::string synthetic_car_id(const SyntheticFleet& fleet, std::uint32_t car);
[[nodiscard]] std::string synthetic_driver_id(const SyntheticFleet& fleet, std::uint32_t driver);

}  // namespace twinfleet::sample_fleets
