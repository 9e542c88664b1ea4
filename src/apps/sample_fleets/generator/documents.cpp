#include "apps/sample_fleets/generator/documents.hpp"

#include <chrono>
#include <cstdlib>
#include <stdexcept>

#include "apps/sample_fleets/generator/invented.hpp"
#include "domain/license.hpp"

namespace twinfleet::sample_fleets {
namespace {

using std::chrono::sys_days;
using std::chrono::year;

constexpr std::int64_t day_ms = 86'400'000;
constexpr std::int64_t license_valid_days = std::int64_t{4} * 365;

constexpr std::int64_t midnight_ms(int in_year) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(
               sys_days(year(in_year) / std::chrono::January / 1).time_since_epoch())
        .count();
}

constexpr std::int64_t first_creation_ms = midnight_ms(2021);
constexpr std::int64_t last_modification_ms = midnight_ms(2025);
constexpr std::int64_t first_expiration_ms = midnight_ms(2026);

std::int64_t moment_between(Dice& dice, std::int64_t from_ms, std::int64_t to_ms) {
    return from_ms + static_cast<std::int64_t>(dice.below(static_cast<std::uint64_t>(to_ms - from_ms)));
}

bson::Builder& dates(bson::Builder& builder, Dice& dice) {
    const auto created_ms = moment_between(dice, first_creation_ms, last_modification_ms - day_ms);
    return builder.date("created_date", created_ms)
        .date("modified_date", moment_between(dice, created_ms, last_modification_ms));
}

/// IEEE 754-2008 decimal128 in the binary encoding that BSON uses (bsonspec.org): `hundredths` with the exponent -2.
bson::Builder& decimal(bson::Builder& builder, std::string_view key, std::int64_t hundredths) {
    constexpr std::uint64_t exponent_bias = 6176;
    const auto coefficient = static_cast<std::uint64_t>(std::llabs(hundredths));
    const std::uint64_t high = (hundredths < 0 ? std::uint64_t{1} << 63U : 0) | (exponent_bias - 2) << 49U;
    std::vector<std::uint8_t> element{static_cast<std::uint8_t>(bson::Type::decimal128)};
    element.insert(element.end(), key.begin(), key.end());
    element.push_back(0);
    for (const auto half : {coefficient, high}) {
        for (unsigned shift = 0; shift < 64; shift += 8) {
            element.push_back(static_cast<std::uint8_t>(half >> shift));
        }
    }
    return builder.copy(bson::Bytes(element));
}

/// Binary of the generic subtype 0.
bson::Builder& binary(bson::Builder& builder, std::string_view key, std::uint64_t value) {
    std::vector<std::uint8_t> element{static_cast<std::uint8_t>(bson::Type::binary)};
    element.insert(element.end(), key.begin(), key.end());
    element.insert(element.end(), {0, 8, 0, 0, 0, 0});
    for (unsigned shift = 0; shift < 64; shift += 8) {
        element.push_back(static_cast<std::uint8_t>(value >> shift));
    }
    return builder.copy(bson::Bytes(element));
}

bson::Builder& string_if_known(bson::Builder& builder, std::string_view key, std::string_view value) {
    return value.empty() ? builder : builder.string(key, value);
}

double with_two_digits(std::uint64_t hundredths) {
    return static_cast<double>(hundredths) / 100.0;
}

/// ISO 3779 knows neither I, O nor Q; no maker's code begins with 0, so that no such vehicle exists.
std::string vin(Dice& dice) {
    constexpr std::string_view letters = "0123456789ABCDEFGHJKLMNPRSTUVWXYZ";
    std::string text = "0TF";
    while (text.size() < 17) {
        text += dice.pick(letters);
    }
    return text;
}

}  // namespace

CollectionName name_of(Collection collection) {
    switch (collection) {
        case Collection::parks:
            return {"dbparks", "parks"};
        case Collection::work_rules:
            return {"dbparks", "work_rules"};
        case Collection::cars:
            return {"dbcars", "cars"};
        case Collection::drivers:
            return {"dbdrivers", "drivers"};
        case Collection::unique_drivers:
            return {"dbtaxi", "unique_drivers"};
    }
    throw std::logic_error("an unknown collection");
}

bson::Document park_document(const ParkFacts& facts) {
    Dice dice("document/" + facts.id);
    bson::Builder builder;
    builder.string("_id", facts.id)
        .string("name", facts.name)
        .string("login", facts.login)
        .string("city_id", facts.city_id)
        .string("country_id", "usa")
        .string("locale", "en")
        .boolean("is_active", facts.is_active);
    builder.begin_document("contacts")
        .string("email", facts.login + "@dispatch.example")
        .begin_array("phones")
        .string("0", phone_number(PhoneBlock::samples, phones_of_parks))
        .end()
        .null("person")
        .end();
    builder.begin_array("api_keys").string("0", "sample-key-" + id_of("api_key/" + facts.id)).end();
    builder.begin_document("integrations")
        .begin_document("accounting")
        .string("endpoint", "https://accounting.example/")
        .string("token", "sample-token-" + id_of("token/" + facts.id))
        .boolean("is_enabled", dice.per_mille(300))
        .end()
        .end();
    builder.begin_document("requisites")
        .int64("account", static_cast<std::int64_t>(dice.below(9'000'000'000) + 1'000'000'000))
        .date("contract_date", moment_between(dice, first_creation_ms, last_modification_ms));
    decimal(builder, "credit_limit", static_cast<std::int64_t>(dice.below(10'000'000))).end();
    builder.begin_array("tariffs");
    constexpr std::array tariffs{std::string_view("economy"), std::string_view("comfort")};
    for (std::size_t i = 0; i < tariffs.size(); ++i) {
        builder.begin_document(std::to_string(i)).string("name", tariffs[i]);
        decimal(builder, "minimum_fare", static_cast<std::int64_t>(300 + 25 * dice.below(20)));
        builder.real("per_mile", with_two_digits(200 + dice.below(100))).end();
    }
    builder.end();
    string_if_known(builder, "register_record", facts.register_record);
    builder.string(origin_field, facts.origin);
    return dates(builder, dice).take();
}

bson::Document work_rule_document(const WorkRuleFacts& facts) {
    Dice dice("document/" + facts.id);
    bson::Builder builder;
    builder.string("_id", facts.id)
        .string("park_id", facts.park_id)
        .string("name", facts.name)
        .boolean("is_enabled", true)
        .boolean("is_default", facts.is_default)
        .real("commission", facts.commission_percent);
    decimal(builder, "daily_rent", facts.is_default ? static_cast<std::int64_t>(4000 + 100 * dice.below(60)) : 0);
    builder.begin_array("payment_types").string("0", "cash").string("1", "card").end();
    builder.begin_document("shift").int32("hours_max", 12).int32("break_minutes", 30).end();
    builder.string(origin_field, facts.origin);
    return dates(builder, dice).take();
}

bson::Document car_document(const CarFacts& facts) {
    Dice dice("document/" + facts.id);
    bson::Builder builder;
    builder.string("_id", facts.id)
        .string("park_id", facts.park_id)
        .string("number", facts.number)
        .string("callsign", facts.callsign);
    string_if_known(builder, "brand", facts.brand);
    string_if_known(builder, "model", facts.model);
    if (facts.year != 0) {
        builder.int32("year", facts.year);
    }
    string_if_known(builder, "color", facts.color);
    builder.string("vin", vin(dice)).string("status", facts.is_working ? "working" : "not_working");
    builder.begin_array("categories").string("0", "economy");
    if (facts.year >= 2018) {
        builder.string("1", "comfort");
    }
    builder.end();
    builder.begin_array("amenities").string("0", "card_payment");
    if (facts.is_wheelchair_accessible) {
        builder.string("1", "wheelchair");
    }
    builder.end();
    string_if_known(builder, "fuel", facts.fuel);
    string_if_known(builder, "license_status", facts.license_status);
    builder.begin_array("inspections").begin_document("0");
    builder.date("at", moment_between(dice, first_creation_ms, last_modification_ms))
        .boolean("is_passed", facts.is_working)
        .int64("mileage", static_cast<std::int64_t>(dice.below(250'000)));
    builder.end().end();
    builder.begin_document("insurance").string("policy", "S-" + std::to_string(dice.below(100'000'000)));
    decimal(builder, "deductible", 50'000).end();
    builder.string(origin_field, facts.origin);
    return dates(builder, dice).take();
}

bson::Document driver_document(const DriverFacts& facts) {
    Dice dice("document/" + facts.id);
    bson::Builder builder;
    builder.string("_id", facts.id)
        .string("park_id", facts.park_id)
        .string("first_name", facts.first_name)
        .string("last_name", facts.last_name);
    builder.begin_array("phones").string("0", facts.phone).end();
    const auto expiration_ms = first_expiration_ms + static_cast<std::int64_t>(dice.below(license_valid_days)) * day_ms;
    builder.begin_document("license")
        .string("number", facts.license_number)
        .string("country", "usa")
        .date("expiration_date", expiration_ms)
        .date("issue_date", expiration_ms - license_valid_days * day_ms)
        .end();
    builder.string("work_status", facts.work_status);
    if (facts.car_id.empty()) {
        builder.null("car_id");
    } else {
        builder.string("car_id", facts.car_id);
    }
    builder.string("rule_id", facts.rule_id);
    decimal(builder, "balance", static_cast<std::int64_t>(dice.below(50'000)) - 10'000);
    decimal(builder, "balance_limit", -5'000);
    builder.begin_array("device_tokens").string("0", "sample-device-" + id_of("device/" + facts.id)).end();
    builder.string("password_hash", "sample-hash-" + id_of("password/" + facts.id));
    builder.date("hire_date", moment_between(dice, first_creation_ms, last_modification_ms));
    builder.begin_array("languages").string("0", "en").string("1", dice.per_mille(500) ? "es" : "fr").end();
    builder.begin_document("ratings")
        .real("average", with_two_digits(400 + dice.below(101)))
        .int64("count", static_cast<std::int64_t>(dice.below(5'000)))
        .begin_array("last")
        .int32("0", static_cast<std::int32_t>(3 + dice.below(3)))
        .int32("1", static_cast<std::int32_t>(3 + dice.below(3)))
        .end()
        .end();
    binary(builder, "face_digest", dice.next());
    builder.string(origin_field, facts.origin);
    return dates(builder, dice).take();
}

bson::Document unique_driver_document(const UniqueDriverFacts& facts) {
    const auto license = domain::normalize_license(facts.license_number);
    const auto id = id_of("unique_driver/" + license);
    Dice dice("document/" + id);
    bson::Builder builder;
    builder.string("_id", id).string("license", license).begin_array("profiles");
    for (std::size_t i = 0; i < facts.profiles.size(); ++i) {
        builder.begin_document(std::to_string(i))
            .string("park_id", facts.profiles[i].park_id)
            .string("driver_id", facts.profiles[i].driver_id)
            .string("app_family", "taximeter")
            .end();
    }
    builder.end().string(origin_field, facts.origin);
    return dates(builder, dice).take();
}

}  // namespace twinfleet::sample_fleets
