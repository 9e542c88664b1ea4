#include "apps/sample_fleets/generator/bad_documents.hpp"

#include <string>
#include <string_view>

#include "apps/sample_fleets/generator/city_fleets.hpp"
#include "apps/sample_fleets/generator/invented.hpp"

namespace twinfleet::sample_fleets {
namespace {

/// Far from anything that others may use as a number.
constexpr std::int64_t first_number = 9'000'000'000;

/// `document` with another value for `key`; `write(builder, key)` writes it.
template <typename Write>
bson::Document with_field(bson::View document, std::string_view key, const Write& write) {
    bson::Builder builder;
    for (const auto& element : document) {
        if (element.key == key) {
            write(builder, key);
        } else {
            builder.copy(element);
        }
    }
    return builder.take();
}

bson::Document with_number(bson::View document, std::string_view key, std::int64_t number) {
    return with_field(document, key,
                      [number](bson::Builder& builder, std::string_view name) { builder.int64(name, number); });
}

bson::Document with_text(bson::View document, std::string_view key, std::string_view text) {
    return with_field(document, key,
                      [text](bson::Builder& builder, std::string_view name) { builder.string(name, text); });
}

/// A small park of which one thing or another is then spoiled.
struct SpoiledPark {
    explicit SpoiledPark(const std::string& key, std::string name, std::string login)
        : park{.id = id_of(key),
               .name = std::move(name),
               .login = std::move(login),
               .city_id = std::string(chicago_city_id),
               .is_active = true,
               .origin = origin::bad_documents,
               .register_record = {}},
          rule{.id = id_of(key + "/rule"),
               .park_id = park.id,
               .name = "Car of the park",
               .is_default = true,
               .commission_percent = 15,
               .origin = origin::bad_documents} {}

    ParkFacts park;
    WorkRuleFacts rule;
};

CarFacts car_in(const ParkFacts& park, const std::string& key, std::uint32_t number) {
    CarFacts car;
    car.id = id_of(key);
    car.park_id = park.id;
    car.number = "X" + std::to_string(number);
    car.callsign = std::to_string(number);
    car.brand = "TOYOTA";
    car.model = "CAMRY";
    car.year = 2020;
    car.color = "WHITE";
    car.fuel = "Hybrid";
    car.origin = origin::bad_documents;
    return car;
}

DriverFacts driver_in(const SpoiledPark& park, const std::string& key, std::uint32_t number, std::string car_id) {
    Dice dice(key);
    DriverFacts driver;
    driver.id = id_of(key);
    driver.park_id = park.park.id;
    driver.first_name = first_name(dice);
    driver.last_name = last_name(dice);
    driver.phone = phone_number(PhoneBlock::samples, phones_of_bad_documents + number);
    driver.license_number = license_number(LicenseSeries::bad, number, dice);
    driver.car_id = std::move(car_id);
    driver.rule_id = park.rule.id;
    driver.origin = origin::bad_documents;
    return driver;
}

class Generator {
public:
    explicit Generator(const Sink& sink)
        : sink_(sink), examples_("bad/park", "Quarantine Examples", "chicago-quarantine-examples") {
        sink_(Collection::parks, park_document(examples_.park));
        sink_(Collection::work_rules, work_rule_document(examples_.rule));
        auto second_rule = examples_.rule;
        second_rule.id = id_of("bad/rule/second");
        second_rule.name = "Own car";
        second_rule.is_default = false;
        sink_(Collection::work_rules, work_rule_document(second_rule));
        const auto car = car_in(examples_.park, "bad/car", 0);
        sink_(Collection::cars, car_document(car));
        add_driver(driver_in(examples_, "bad/driver", 0, car.id));
    }

    /// `number` counts from 1.
    void add(BadDocument kind, std::uint32_t number) {
        const auto key = "bad/" + std::to_string(number);
        switch (kind) {
            case BadDocument::park_login_is_number: {
                const SpoiledPark park(key + "/park", "Park with a numeric login " + std::to_string(number),
                                       "replaced");
                sink_(Collection::parks, with_number(park_document(park.park), "login", first_number + number));
                sink_(Collection::work_rules, work_rule_document(park.rule));
                const auto car = car_in(park.park, key + "/car", number);
                sink_(Collection::cars, car_document(car));
                add_driver(driver_in(park, key + "/driver", number, car.id));
                return;
            }
            case BadDocument::driver_references_nothing: {
                auto driver = driver_in(examples_, key + "/driver", number, id_of(key + "/no car"));
                driver.rule_id = id_of(key + "/no rule");
                add_driver(driver);
                return;
            }
            case BadDocument::car_park_id_is_number: {
                const auto car = car_in(examples_.park, key + "/car", number);
                sink_(Collection::cars, with_number(car_document(car), "park_id", first_number + number));
                add_driver(driver_in(examples_, key + "/driver", number, car.id));
                return;
            }
            case BadDocument::driver_id_is_number: {
                const auto driver = driver_in(examples_, key + "/driver", number, {});
                sink_(Collection::drivers, with_number(driver_document(driver), "_id", first_number + number));
                return;
            }
            case BadDocument::rule_park_id_is_number: {
                auto rule = examples_.rule;
                rule.id = id_of(key + "/rule");
                rule.is_default = false;
                sink_(Collection::work_rules, with_number(work_rule_document(rule), "park_id", first_number + number));
                return;
            }
            case BadDocument::driver_car_of_other_park: {
                SpoiledPark other(key + "/park", "Park next door " + std::to_string(number),
                                  "chicago-next-door-" + std::to_string(number));
                sink_(Collection::parks, park_document(other.park));
                sink_(Collection::work_rules, work_rule_document(other.rule));
                const auto car = car_in(other.park, key + "/car", number);
                sink_(Collection::cars, car_document(car));
                add_driver(driver_in(examples_, key + "/driver", number, car.id));
                return;
            }
            case BadDocument::driver_fields_of_other_types: {
                const auto driver = driver_in(examples_, key + "/driver", number, {});
                const auto one_phone = with_text(driver_document(driver), "phones", driver.phone);
                sink_(Collection::drivers, with_text(one_phone, "license", driver.license_number));
                return;
            }
            case BadDocument::park_id_is_number: {
                const SpoiledPark park(key + "/park", "Park with a numeric id " + std::to_string(number),
                                       "chicago-numeric-id-" + std::to_string(number));
                sink_(Collection::parks, with_number(park_document(park.park), "_id", first_number + number));
                return;
            }
        }
    }

private:
    void add_driver(const DriverFacts& driver) {
        sink_(Collection::drivers, driver_document(driver));
        sink_(Collection::unique_drivers, unique_driver_document({.license_number = driver.license_number,
                                                                  .profiles = {{driver.park_id, driver.id}},
                                                                  .origin = origin::bad_documents}));
    }

    const Sink& sink_;
    SpoiledPark examples_;
};

}  // namespace

void generate_bad_documents(std::uint32_t count, const Sink& sink) {
    if (count == 0) {
        return;
    }
    Generator generator(sink);
    for (std::uint32_t i = 0; i < count; ++i) {
        generator.add(static_cast<BadDocument>(i % bad_document_kinds), i + 1);
    }
}

}  // namespace twinfleet::sample_fleets
