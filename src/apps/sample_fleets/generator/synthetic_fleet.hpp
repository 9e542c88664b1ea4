#pragma once

#include <cstdint>
#include <string>

#include "apps/sample_fleets/generator/documents.hpp"

namespace twinfleet::sample_fleets {

/// A fleet of any size for benchmarks. Cars and drivers are dealt to the parks in turn, drivers get a car of their own
/// park (several share one where cars are fewer, null where the park has none) and its rules in turn.
struct SyntheticFleet {
    std::uint32_t parks = 500;
    std::uint32_t rules_per_park = 2;
    std::uint32_t cars = 40'000;
    std::uint32_t drivers = 40'000;
    /// So many of the drivers, from the first, have a record in dbtaxi.unique_drivers.
    std::uint32_t unique_drivers = 4'000;
    std::string city_id = "Chicago";
    /// Begins names, logins and the keys of ids. Fleets of different prefixes live in one store, but share phones and
    /// licences.
    std::string prefix = "synthetic";
};

/// Collection by collection, in the order in which references can be followed; cars weigh about 500 bytes, drivers 800.
/// The same size gives the same documents. Throws std::invalid_argument when there are cars, drivers or rules without a
/// park, drivers without a rule, more unique drivers than drivers, or more drivers than phones.
void generate_synthetic_fleet(const SyntheticFleet& fleet, const Sink& sink);

/// Ids of generate_synthetic_fleet's documents, counted from 0.
[[nodiscard]] std::string synthetic_park_id(const SyntheticFleet& fleet, std::uint32_t park);
[[nodiscard]] std::string synthetic_rule_id(const SyntheticFleet& fleet, std::uint32_t park, std::uint32_t rule);
[[nodiscard]] std::string synthetic_car_id(const SyntheticFleet& fleet, std::uint32_t car);
[[nodiscard]] std::string synthetic_driver_id(const SyntheticFleet& fleet, std::uint32_t driver);

}  // namespace twinfleet::sample_fleets
