#include "apps/sample_fleets/generator/synthetic_fleet.hpp"

#include <stdexcept>

#include "apps/sample_fleets/generator/invented.hpp"

namespace twinfleet::sample_fleets {
namespace {

constexpr std::uint32_t licenses_max = 100'000'000;

void check(const SyntheticFleet& fleet) {
    if (fleet.parks == 0 && (fleet.cars != 0 || fleet.drivers != 0)) {
        throw std::invalid_argument("cars and drivers need a park");
    }
    if (fleet.rules_per_park == 0 && fleet.drivers != 0) {
        throw std::invalid_argument("drivers need a work rule");
    }
    if (fleet.unique_drivers > fleet.drivers) {
        throw std::invalid_argument("more unique drivers than drivers");
    }
    static_assert(phones_per_block <= licenses_max);
    if (fleet.drivers > phones_per_block) {
        throw std::invalid_argument("more drivers than phones");
    }
}

/// Which car driver number `driver` has, given that cars and drivers are dealt to the parks in turn: those of a park
/// are park, park + parks, park + 2 * parks, ...
std::string car_id_of_driver(const SyntheticFleet& fleet, std::uint32_t driver) {
    const auto park = driver % fleet.parks;
    if (park >= fleet.cars) {
        return {};
    }
    const auto cars_of_park = (fleet.cars - park - 1) / fleet.parks + 1;
    return synthetic_car_id(fleet, park + driver / fleet.parks % cars_of_park * fleet.parks);
}

DriverFacts driver_of(const SyntheticFleet& fleet, std::uint32_t number) {
    Dice dice(fleet.prefix + "/chance/driver/" + std::to_string(number));
    const auto park = number % fleet.parks;
    DriverFacts driver;
    driver.id = synthetic_driver_id(fleet, number);
    driver.park_id = synthetic_park_id(fleet, park);
    driver.first_name = first_name(dice);
    driver.last_name = last_name(dice);
    driver.phone = phone_number(PhoneBlock::benchmarks, number);
    driver.license_number = license_number(LicenseSeries::synthetic, number, dice);
    driver.car_id = car_id_of_driver(fleet, number);
    driver.rule_id = synthetic_rule_id(fleet, park, number / fleet.parks % fleet.rules_per_park);
    driver.origin = origin::synthetic;
    return driver;
}

}  // namespace

std::string synthetic_park_id(const SyntheticFleet& fleet, std::uint32_t park) {
    return id_of(fleet.prefix + "/park/" + std::to_string(park));
}
std::string synthetic_rule_id(const SyntheticFleet& fleet, std::uint32_t park, std::uint32_t rule) {
    return id_of(fleet.prefix + "/park/" + std::to_string(park) + "/rule/" + std::to_string(rule));
}
std::string synthetic_car_id(const SyntheticFleet& fleet, std::uint32_t car) {
    return id_of(fleet.prefix + "/car/" + std::to_string(car));
}
std::string synthetic_driver_id(const SyntheticFleet& fleet, std::uint32_t driver) {
    return id_of(fleet.prefix + "/driver/" + std::to_string(driver));
}

void generate_synthetic_fleet(const SyntheticFleet& fleet, const Sink& sink) {
    check(fleet);
    for (std::uint32_t park = 0; park < fleet.parks; ++park) {
        const auto name = fleet.prefix + "-" + std::to_string(park);
        sink(Collection::parks, park_document({.id = synthetic_park_id(fleet, park),
                                               .name = name,
                                               .login = name,
                                               .city_id = fleet.city_id,
                                               .is_active = true,
                                               .origin = origin::synthetic,
                                               .register_record = {}}));
    }
    for (std::uint32_t park = 0; park < fleet.parks; ++park) {
        for (std::uint32_t rule = 0; rule < fleet.rules_per_park; ++rule) {
            sink(Collection::work_rules, work_rule_document({.id = synthetic_rule_id(fleet, park, rule),
                                                             .park_id = synthetic_park_id(fleet, park),
                                                             .name = "Rule " + std::to_string(rule + 1),
                                                             .is_default = rule == 0,
                                                             .commission_percent = 10,
                                                             .origin = origin::synthetic}));
        }
    }
    for (std::uint32_t number = 0; number < fleet.cars; ++number) {
        CarFacts car;
        car.id = synthetic_car_id(fleet, number);
        car.park_id = synthetic_park_id(fleet, number % fleet.parks);
        car.number = "B" + std::to_string(number);
        car.callsign = std::to_string(number);
        car.brand = "TOYOTA";
        car.model = "CAMRY";
        car.year = static_cast<std::int32_t>(2012 + number % 12);
        car.color = "BLACK";
        car.fuel = "Hybrid";
        car.origin = origin::synthetic;
        sink(Collection::cars, car_document(car));
    }
    for (std::uint32_t number = 0; number < fleet.drivers; ++number) {
        sink(Collection::drivers, driver_document(driver_of(fleet, number)));
    }
    for (std::uint32_t number = 0; number < fleet.unique_drivers; ++number) {
        const auto driver = driver_of(fleet, number);
        sink(Collection::unique_drivers, unique_driver_document({.license_number = driver.license_number,
                                                                 .profiles = {{driver.park_id, driver.id}},
                                                                 .origin = origin::synthetic}));
    }
}

}  // namespace twinfleet::sample_fleets
