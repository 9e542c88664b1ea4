#pragma once

#include <cstdint>
#include <string_view>

#include "apps/sample_fleets/generator/documents.hpp"
#include "apps/sample_fleets/generator/registers.hpp"

namespace twinfleet::sample_fleets {

inline constexpr std::string_view chicago_city_id = "Chicago";
inline constexpr std::string_view new_york_city_id = "New York";

/// How large the fleets become.
struct CityFleetsOptions {
    /// The most cars that a park gets. The limit is there because the three largest companies of New York alone have
    /// 148,000 vehicles. With the default both cities together have about 35,000 cars, among them all of Chicago's that
    /// have an active licence.
    std::uint32_t cars_per_park_max = 500;
    /// The most that cars_per_park_max may be, because the phones and licences of a park are numbered within ten
    /// thousand.
    static constexpr std::uint32_t cars_per_park_limit = 5'000;
};

/// Generates the parks of both cities, their work rules, cars, drivers and unique drivers, collection by collection, so
/// that a document comes after those that it refers to.
///
/// - Chicago: a park for each company, with its vehicles as the register has them, those with an active licence first.
/// - New York: a park for each base, with as many invented cars as it had vehicles in its last month; a base whose last
///   month is before 2023-05 is an inactive park.
/// - Each park has a default and a second work rule. Each working car has a driver, and some cars have a second driver
///   or one without a car. One driver in thirty also drives for the next park of his city.
///
/// The same registers and options give the same documents, bit for bit; ids, phones and licences do not depend on
/// `cars_per_park_max`. Throws std::invalid_argument when `cars_per_park_max` is 0 or over its limit.
void generate_city_fleets(const Registers& registers, const CityFleetsOptions& options, const Sink& sink);

}  // namespace twinfleet::sample_fleets
