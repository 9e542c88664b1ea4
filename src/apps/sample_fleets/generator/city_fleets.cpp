#include "apps/sample_fleets/generator/city_fleets.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>

#include "apps/sample_fleets/generator/invented.hpp"

namespace twinfleet::sample_fleets {
namespace {

/// A base that had no trips for a year before the register's last month is taken for closed.
constexpr std::string_view open_since_month = "2023-05";

/// Numbered within a park: a car's driver by the car's position, its second one from here on.
constexpr std::uint32_t second_drivers_begin = 5'000;
constexpr std::uint32_t people_per_park = 10'000;
constexpr std::uint32_t parks_max = (phones_of_parks - phones_of_city_fleets) / people_per_park;

struct Park {
    ParkFacts facts;
    /// Begins the keys from which ids follow.
    std::string key;
    /// Counted through both cities.
    std::uint32_t ordinal = 0;
    std::uint32_t car_count = 0;
    /// Of Chicago: one for each car. Empty in New York, whose cars are invented by position.
    std::vector<const Taxi*> taxis;
    std::string default_rule_id;
    std::string second_rule_id;
};

struct City {
    std::string_view key;
    std::vector<Park> parks;
};

/// What for-hire drivers in New York commonly use.
struct Model {
    std::string_view brand;
    std::string_view name;
    std::string_view fuel;
};
constexpr auto models = std::to_array<Model>({{"TOYOTA", "CAMRY", "Hybrid"},
                                              {"TOYOTA", "CAMRY", "Gasoline"},
                                              {"TOYOTA", "HIGHLANDER", "Gasoline"},
                                              {"TOYOTA", "SIENNA", "Hybrid"},
                                              {"TOYOTA", "RAV4", "Hybrid"},
                                              {"HONDA", "ACCORD", "Gasoline"},
                                              {"HONDA", "CR-V", "Hybrid"},
                                              {"HYUNDAI", "SONATA", "Gasoline"},
                                              {"NISSAN", "ROGUE", "Gasoline"},
                                              {"LINCOLN", "TOWN CAR", "Gasoline"},
                                              {"CHEVROLET", "SUBURBAN", "Gasoline"},
                                              {"TESLA", "MODEL Y", "Electric"}});
constexpr auto colors = std::to_array<std::string_view>({"BLACK", "BLACK", "BLACK", "GRAY", "SILVER", "WHITE", "BLUE"});

/// Lower case, with hyphens for whatever is neither letter nor digit.
std::string slug(std::string_view text) {
    std::string result;
    for (const char c : text) {
        const bool is_plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        if (is_plain || (c >= 'A' && c <= 'Z')) {
            result += is_plain ? c : static_cast<char>(c - 'A' + 'a');
        } else if (!result.empty() && result.back() != '-') {
            result += '-';
        }
    }
    while (!result.empty() && result.back() == '-') {
        result.pop_back();
    }
    return result;
}

void give_ids(Park& park) {
    park.facts.id = id_of(park.key);
    park.default_rule_id = id_of(park.key + "/rule/default");
    park.second_rule_id = id_of(park.key + "/rule/second");
}

City plan_chicago(const std::vector<Taxi>& taxis, std::uint32_t cars_max) {
    std::map<std::string_view, std::vector<const Taxi*>> by_company;
    for (const auto& taxi : taxis) {
        by_company[taxi.company].push_back(&taxi);
    }
    City city{.key = origin::chicago, .parks = {}};
    for (auto& [company, fleet] : by_company) {
        std::stable_partition(fleet.begin(), fleet.end(),
                              [](const Taxi* taxi) { return taxi->license_status == "ACTIVE"; });
        fleet.resize(std::min<std::size_t>(fleet.size(), cars_max));
        const auto car_count = static_cast<std::uint32_t>(fleet.size());
        Park park{.facts = {.id = {},
                            .name = std::string(company),
                            .login = "chicago-" + slug(company),
                            .city_id = std::string(chicago_city_id),
                            .is_active = true,
                            .origin = origin::chicago,
                            .register_record = std::string(company)},
                  .key = "chicago/park/" + std::string(company),
                  .ordinal = 0,
                  .car_count = car_count,
                  .taxis = std::move(fleet),
                  .default_rule_id = {},
                  .second_rule_id = {}};
        give_ids(park);
        city.parks.push_back(std::move(park));
    }
    return city;
}

City plan_new_york(const std::vector<Base>& bases, std::uint32_t cars_max) {
    City city{.key = origin::new_york, .parks = {}};
    for (const auto& base : bases) {
        Park park{.facts = {.id = {},
                            .name = base.trade_name.empty() ? base.name : base.trade_name,
                            .login = "new-york-" + slug(base.license),
                            .city_id = std::string(new_york_city_id),
                            .is_active = base.last_month >= open_since_month,
                            .origin = origin::new_york,
                            .register_record = base.license},
                  .key = "new_york/park/" + base.license,
                  .ordinal = 0,
                  .car_count = std::min(base.vehicles, cars_max),
                  .taxis = {},
                  .default_rule_id = {},
                  .second_rule_id = {}};
        give_ids(park);
        city.parks.push_back(std::move(park));
    }
    return city;
}

std::string car_key(const Park& park, std::uint32_t position) {
    return park.taxis.empty() ? park.key + "/car/" + std::to_string(position)
                              : "chicago/car/" + park.taxis[position]->record_id;
}

bool is_working(const Park& park, std::uint32_t position, Dice& dice) {
    return park.taxis.empty() ? !dice.per_mille(60) : park.taxis[position]->license_status == "ACTIVE";
}

CarFacts car_of(const Park& park, std::uint32_t position) {
    const auto key = car_key(park, position);
    Dice dice(key);
    CarFacts car;
    car.id = id_of(key);
    car.park_id = park.facts.id;
    car.origin = park.facts.origin;
    car.is_working = is_working(park, position, dice);
    if (!park.taxis.empty()) {
        const Taxi& taxi = *park.taxis[position];
        car.number = taxi.number + " TX";
        car.callsign = taxi.number;
        car.brand = taxi.make;
        car.model = taxi.model;
        car.year = taxi.year;
        car.color = taxi.color;
        car.fuel = taxi.fuel;
        car.is_wheelchair_accessible = taxi.is_wheelchair_accessible;
        car.license_status = taxi.license_status;
        return car;
    }
    const auto& model = dice.pick(models);
    std::array<char, 16> number{};
    (void)std::snprintf(number.data(), number.size(), "S%04u%04u", park.ordinal, position);
    car.number = number.data();
    car.callsign = std::to_string(position + 1);
    car.brand = model.brand;
    car.model = model.name;
    car.year = static_cast<std::int32_t>(2012 + dice.below(12));
    car.color = dice.pick(colors);
    car.fuel = model.fuel;
    car.is_wheelchair_accessible = dice.per_mille(40);
    return car;
}

/// One person: his profile in his park and, maybe, one in the next park of the city.
struct Person {
    DriverFacts profile;
    std::optional<DriverFacts> profile_in_next_park;
};

Person invent_person(const Park& park, const Park& next_park, std::uint32_t number, std::uint32_t car_position,
                     bool shares_car) {
    const auto key = park.key + "/driver/" + std::to_string(number);
    Dice dice(key);
    const auto index = park.ordinal * people_per_park + number;
    Person person;
    auto& profile = person.profile;
    profile.id = id_of(key);
    profile.park_id = park.facts.id;
    profile.first_name = first_name(dice);
    profile.last_name = last_name(dice);
    profile.phone = phone_number(PhoneBlock::samples, phones_of_city_fleets + index);
    profile.license_number = license_number(LicenseSeries::city, index, dice);
    profile.origin = park.facts.origin;
    profile.rule_id = dice.per_mille(750) ? park.default_rule_id : park.second_rule_id;
    const auto draw = dice.below(100);
    profile.work_status = draw < 93 ? "working" : draw < 97 ? "not_working" : "fired";
    // Who was fired may still be written down with his car.
    if (shares_car && (profile.work_status != "fired" || dice.per_mille(300))) {
        profile.car_id = id_of(car_key(park, car_position));
    }

    if (profile.work_status == "working" && dice.per_mille(33) && &next_park != &park) {
        auto& other = person.profile_in_next_park.emplace(profile);
        other.id = id_of(key + "/in/" + next_park.key);
        other.park_id = next_park.facts.id;
        other.license_number = license_number(LicenseSeries::city, index, dice);
        other.rule_id = next_park.default_rule_id;
        other.car_id.clear();
        if (next_park.car_count != 0 && dice.per_mille(800)) {
            const auto position = static_cast<std::uint32_t>(dice.below(next_park.car_count));
            other.car_id = id_of(car_key(next_park, position));
        }
    }
    return person;
}

/// Calls `visit(const Person&)` for the people of every park; the same ones each time.
template <typename Visit>
void for_each_person(const City& city, const Visit& visit) {
    for (std::size_t i = 0; i < city.parks.size(); ++i) {
        const auto& park = city.parks[i];
        const auto& next_park = city.parks[(i + 1) % city.parks.size()];
        for (std::uint32_t position = 0; position < park.car_count; ++position) {
            Dice dice(car_key(park, position));
            if (!is_working(park, position, dice)) {
                continue;
            }
            visit(invent_person(park, next_park, position, position, true));
            Dice second("second driver/" + car_key(park, position));
            if (second.per_mille(40)) {
                const bool shares_car = second.per_mille(500);
                visit(invent_person(park, next_park, second_drivers_begin + position, position, shares_car));
            }
        }
    }
}

}  // namespace

void generate_city_fleets(const Registers& registers, const CityFleetsOptions& options, const Sink& sink) {
    if (options.cars_per_park_max == 0 || options.cars_per_park_max > CityFleetsOptions::cars_per_park_limit) {
        throw std::invalid_argument("the cars per park must be from 1 to " +
                                    std::to_string(CityFleetsOptions::cars_per_park_limit));
    }
    std::array<City, 2> cities{plan_chicago(registers.chicago_taxis, options.cars_per_park_max),
                               plan_new_york(registers.new_york_bases, options.cars_per_park_max)};
    std::uint32_t ordinal = 0;
    for (auto& city : cities) {
        for (auto& park : city.parks) {
            park.ordinal = ordinal++;
        }
    }
    if (ordinal > parks_max) {
        throw std::invalid_argument("more than " + std::to_string(parks_max) + " parks: their phones would run out");
    }

    const auto for_each_park = [&cities](const std::function<void(const Park&)>& visit) {
        for (const auto& city : cities) {
            std::ranges::for_each(city.parks, visit);
        }
    };
    for_each_park([&sink](const Park& park) { sink(Collection::parks, park_document(park.facts)); });
    for_each_park([&sink](const Park& park) {
        sink(Collection::work_rules, work_rule_document({.id = park.default_rule_id,
                                                         .park_id = park.facts.id,
                                                         .name = "Car of the park",
                                                         .is_default = true,
                                                         .commission_percent = 15,
                                                         .origin = park.facts.origin}));
        sink(Collection::work_rules, work_rule_document({.id = park.second_rule_id,
                                                         .park_id = park.facts.id,
                                                         .name = "Own car",
                                                         .is_default = false,
                                                         .commission_percent = 7.5,
                                                         .origin = park.facts.origin}));
    });
    for_each_park([&sink](const Park& park) {
        for (std::uint32_t position = 0; position < park.car_count; ++position) {
            sink(Collection::cars, car_document(car_of(park, position)));
        }
    });
    for (const auto& city : cities) {
        for_each_person(city, [&sink](const Person& person) {
            sink(Collection::drivers, driver_document(person.profile));
            if (person.profile_in_next_park) {
                sink(Collection::drivers, driver_document(*person.profile_in_next_park));
            }
        });
    }
    for (const auto& city : cities) {
        for_each_person(city, [&sink](const Person& person) {
            UniqueDriverFacts facts{.license_number = person.profile.license_number,
                                    .profiles = {{person.profile.park_id, person.profile.id}},
                                    .origin = person.profile.origin};
            if (const auto& other = person.profile_in_next_park) {
                facts.profiles.push_back({other->park_id, other->id});
            }
            sink(Collection::unique_drivers, unique_driver_document(facts));
        });
    }
}

}  // namespace twinfleet::sample_fleets
