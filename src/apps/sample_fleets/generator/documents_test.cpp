#include "apps/sample_fleets/generator/documents.hpp"

#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "apps/sample_fleets/generator/collected_fleet_for_tests.hpp"

namespace twinfleet::sample_fleets {
namespace {

using ::testing::IsSupersetOf;

void collect_types(bson::View document, std::set<bson::Type>& types) {
    for (const auto& element : document) {
        types.insert(element.type);
        if (element.type == bson::Type::document || element.type == bson::Type::array) {
            collect_types(element.document(), types);
        }
    }
}

DriverFacts some_driver() {
    DriverFacts facts;
    facts.id = "d1";
    facts.park_id = "p1";
    facts.first_name = "Ana";
    facts.last_name = "Reyes";
    facts.phone = "+19602000001";
    facts.license_number = "tc 0001-0002";
    facts.rule_id = "r1";
    facts.origin = origin::chicago;
    return facts;
}

TEST(Documents, CarryWhatTheMirrorMustCopyUntouched) {
    std::set<bson::Type> types;
    collect_types(park_document({.id = "p1",
                                 .name = "Park",
                                 .login = "park",
                                 .city_id = "Chicago",
                                 .is_active = true,
                                 .origin = origin::chicago,
                                 .register_record = {}}),
                  types);
    collect_types(driver_document(some_driver()), types);
    using enum bson::Type;
    EXPECT_THAT(types,
                IsSupersetOf({double_, utf8, document, array, binary, boolean, date, null, int32, int64, decimal128}));
}

TEST(Documents, WriteMoneyAsDecimal) {
    const auto driver = driver_document(some_driver());
    EXPECT_EQ(bson::to_extended_json(driver.view().find("balance_limit").value()), R"({"$numberDecimal":"-50.00"})");
    const auto rule = work_rule_document({.id = "r1",
                                          .park_id = "p1",
                                          .name = "Own car",
                                          .is_default = false,
                                          .commission_percent = 7.5,
                                          .origin = origin::chicago});
    EXPECT_EQ(bson::to_extended_json(rule.view().find("daily_rent").value()), R"({"$numberDecimal":"0.00"})");
}

TEST(Documents, SayNullForADriverWithoutACar) {
    auto facts = some_driver();
    EXPECT_EQ(driver_document(facts).view().find("car_id").value().type, bson::Type::null);
    facts.car_id = "c1";
    EXPECT_EQ(text_of(driver_document(facts), "car_id"), "c1");
}

TEST(Documents, LeaveOutOfACarWhatIsNotKnown) {
    CarFacts facts;
    facts.id = "c1";
    facts.park_id = "p1";
    facts.origin = origin::chicago;
    const auto car = car_document(facts);
    for (const auto* field : {"brand", "model", "year", "color", "fuel", "license_status"}) {
        EXPECT_FALSE(car.view().find(field)) << field;
    }
}

TEST(Documents, KeyAUniqueDriverByTheNormalizedLicence) {
    const auto one = unique_driver_document(
        {.license_number = "tc 0001-0002", .profiles = {{"p1", "d1"}, {"p2", "d2"}}, .origin = origin::chicago});
    const auto other =
        unique_driver_document({.license_number = "TC00010002", .profiles = {}, .origin = origin::chicago});
    EXPECT_EQ(text_of(one, "license"), "TC00010002");
    EXPECT_EQ(text_of(one, "_id"), text_of(other, "_id"));
    const auto profiles = one.view().find("profiles").value();
    EXPECT_EQ(text_of(profiles.document().find("1").value().document(), "driver_id"), "d2");
}

}  // namespace
}  // namespace twinfleet::sample_fleets
