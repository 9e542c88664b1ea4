#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "capabilities/driver_cache/cached_car.hpp"
#include "capabilities/driver_cache/cached_driver.hpp"
#include "capabilities/driver_cache/cached_park.hpp"
#include "platform/bson/builder.hpp"

namespace twinfleet::driver_cache {
namespace {

using incremental_cache::BadDocument;
using incremental_cache::RecordWriter;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// Through the record and back, as a reader of the cache gets it.
template <typename Type>
typename Type::Value cached(std::string_view json) {
    const auto document = bson::from_json(json);
    const auto parsed = Type::parse(document.view());
    RecordWriter writer;
    Type::write(std::get<typename Type::Value>(parsed), writer);
    return incremental_cache::read_record<Type>(writer.bytes());
}

template <typename Type>
std::string reason(std::string_view json) {
    const auto document = bson::from_json(json);
    const auto parsed = Type::parse(document.view());
    const auto* bad = std::get_if<BadDocument>(&parsed);
    return bad == nullptr ? "none" : std::string(bad->reason);
}

TEST(CachedDriver, HoldsAWholeDriver) {
    const auto driver = cached<CachedDriver>(R"({
        "_id": "d", "park_id": "p", "first_name": "Анна", "last_name": "Петрова", "phones": ["+79000000001", "+79000000002"],
        "license": {"number": "а 12-34", "country": "rus"}, "work_status": "working", "car_id": "c", "rule_id": "r",
        "parent_driver_id": "parent", "created_date": {"$date": {"$numberLong": "1234"}},
        "updated_ts": {"$timestamp": {"t": 5, "i": 1}}})");
    EXPECT_EQ(driver.id, "d");
    EXPECT_EQ(driver.park_id, "p");
    EXPECT_EQ(driver.first_name, "Анна");
    EXPECT_EQ(driver.last_name, "Петрова");
    EXPECT_THAT(driver.phones, ElementsAre("+79000000001", "+79000000002"));
    EXPECT_EQ(driver.license, "A1234");
    EXPECT_EQ(driver.work_status, WorkStatus::working);
    EXPECT_EQ(driver.car_id, "c");
    EXPECT_EQ(driver.rule_id, "r");
    EXPECT_EQ(driver.parent_driver_id, "parent");
    EXPECT_EQ(driver.created_at_ms, 1234);
}

TEST(CachedDriver, NeedsNoMoreThanIdAndPark) {
    const auto driver = cached<CachedDriver>(
        R"({"_id": "d", "park_id": "p", "phones": null, "license": null, "car_id": null,
            "updated_ts": {"$timestamp": {"t": 5, "i": 1}}})");
    EXPECT_THAT(driver.phones, IsEmpty());
    EXPECT_EQ(driver.license, "");
    EXPECT_EQ(driver.car_id, "");
    EXPECT_EQ(driver.work_status, WorkStatus::other);
    EXPECT_EQ(driver.created_at_ms, 5'000) << "without created_date, updated_ts tells the newer driver";
}

TEST(CachedDriver, AStatusThatNobodyKnowsIsOther) {
    EXPECT_EQ(cached<CachedDriver>(R"({"_id": "d", "park_id": "p", "work_status": "retired"})").work_status,
              WorkStatus::other);
    EXPECT_EQ(cached<CachedDriver>(R"({"_id": "d", "park_id": "p", "work_status": 1})").work_status, WorkStatus::other);
    EXPECT_EQ(cached<CachedDriver>(R"({"_id": "d", "park_id": "p", "work_status": "fired"})").work_status,
              WorkStatus::fired);
}

TEST(CachedDriver, WrongTypesOfWhatIsNeededKeepHimAside) {
    EXPECT_EQ(reason<CachedDriver>(R"({"_id": 1, "park_id": "p"})"), "bad_id");
    EXPECT_EQ(reason<CachedDriver>(R"({"_id": "", "park_id": "p"})"), "bad_id");
    EXPECT_EQ(reason<CachedDriver>(R"({"_id": "d"})"), "bad_field:park_id");
    EXPECT_EQ(reason<CachedDriver>(R"({"_id": "d", "park_id": "p", "phones": "+7"})"), "bad_field:phones");
    EXPECT_EQ(reason<CachedDriver>(R"({"_id": "d", "park_id": "p", "phones": [7]})"), "bad_field:phones");
    EXPECT_EQ(reason<CachedDriver>(R"({"_id": "d", "park_id": "p", "license": "A1"})"), "bad_field:license");
    EXPECT_EQ(reason<CachedDriver>(R"({"_id": "d", "park_id": "p", "license": {"number": 1}})"), "bad_field:license");
    EXPECT_EQ(reason<CachedDriver>(R"({"_id": "d", "park_id": "p", "car_id": 1})"), "bad_field:car_id");
    EXPECT_EQ(reason<CachedDriver>(R"({"_id": "d", "park_id": "p", "rule_id": 1})"), "bad_field:rule_id");
    EXPECT_EQ(reason<CachedDriver>(R"({"_id": "d", "park_id": "p", "parent_driver_id": 1})"),
              "bad_field:parent_driver_id");
    EXPECT_EQ(reason<CachedDriver>(R"({"_id": "d", "park_id": "p", "first_name": 1})"), "none");
}

/// What a document that cannot be used leaves of the last good version; nullopt: everything.
template <typename Type>
std::optional<typename Type::Value> left(std::string_view json, const std::optional<typename Type::Value>& known) {
    const auto document = bson::from_json(json);
    return Type::reduced(document.view(), known ? &*known : nullptr);
}

const std::optional<Driver> good_driver = Driver{
    .id = "d", .park_id = "p", .first_name = "Ann", .phones = {"+71", "+72"}, .work_status = WorkStatus::working};

TEST(CachedDriver, ABadDocumentTakesTheRightToWorkAway) {
    const auto fired =
        left<CachedDriver>(R"({"_id": "d", "park_id": "p", "work_status": "fired", "car_id": 5})", good_driver);
    ASSERT_TRUE(fired);
    EXPECT_EQ(fired->work_status, WorkStatus::fired);
    EXPECT_EQ(fired->first_name, "Ann") << "the rest is as it was";
    EXPECT_EQ(
        left<CachedDriver>(R"({"_id": "d", "park_id": "p", "work_status": "not_working", "phones": 5})", good_driver)
            ->work_status,
        WorkStatus::not_working);
    EXPECT_EQ(
        left<CachedDriver>(R"({"_id": "d", "park_id": "p", "work_status": 1, "license": 5})", good_driver)->work_status,
        WorkStatus::other);
    EXPECT_EQ(left<CachedDriver>(R"({"_id": "d", "park_id": "q", "work_status": "working", "license": 5})", good_driver)
                  ->work_status,
              WorkStatus::other)
        << "he has left this park";
    EXPECT_EQ(left<CachedDriver>(R"({"_id": "d", "park_id": 5, "work_status": "working"})", good_driver)->work_status,
              WorkStatus::other)
        << "nobody knows where he is";
}

TEST(CachedDriver, ABadDocumentGivesNoRight) {
    constexpr auto working = R"({"_id": "d", "park_id": "p", "work_status": "working", "phones": ["+71", "+72", "+73"],
        "car_id": 5})";
    EXPECT_FALSE(left<CachedDriver>(working, good_driver));
    auto fired = good_driver;
    fired->work_status = WorkStatus::fired;
    EXPECT_FALSE(left<CachedDriver>(working, fired));
    EXPECT_FALSE(left<CachedDriver>(working, std::nullopt));
}

TEST(CachedDriver, ABadDocumentTakesPhonesAway) {
    const auto left_over = left<CachedDriver>(
        R"({"_id": "d", "park_id": "p", "work_status": "working", "phones": ["+72", "+73"], "license": 5})",
        good_driver);
    ASSERT_TRUE(left_over);
    EXPECT_THAT(left_over->phones, ElementsAre("+72"));
    EXPECT_EQ(left_over->work_status, WorkStatus::working);
    EXPECT_FALSE(
        left<CachedDriver>(R"({"_id": "d", "park_id": "p", "work_status": "working", "phones": 5})", good_driver));
}

TEST(CachedDriver, OfWhomNothingWasReadableBeforeItIsKnownThatHeDoesNotWork) {
    const auto fired = left<CachedDriver>(
        R"({"_id": "d", "park_id": "p", "work_status": "fired", "parent_driver_id": "x", "phones": 5})", std::nullopt);
    ASSERT_TRUE(fired);
    EXPECT_EQ(fired->id, "d");
    EXPECT_EQ(fired->park_id, "p");
    EXPECT_EQ(fired->work_status, WorkStatus::fired);
    EXPECT_EQ(fired->parent_driver_id, "x");
    EXPECT_THAT(fired->phones, IsEmpty());
}

TEST(CachedPark, ABadDocumentTakesTheRightToWorkAway) {
    const std::optional<Park> good = Park{.id = "p", .name = "Park", .is_active = true};
    const auto off = left<CachedPark>(R"({"_id": "p", "is_active": false, "fleet_type": 5})", good);
    ASSERT_TRUE(off);
    EXPECT_FALSE(off->is_active);
    EXPECT_EQ(off->name, "Park");
    EXPECT_FALSE(left<CachedPark>(R"({"_id": "p", "is_active": "yes"})", good)->is_active);
    EXPECT_FALSE(left<CachedPark>(R"({"_id": "p", "is_active": true, "fleet_type": 5})", good));
    EXPECT_FALSE(left<CachedPark>(R"({"_id": "p", "is_active": true, "fleet_type": 5})", std::nullopt));
    EXPECT_FALSE(left<CachedPark>(R"({"_id": "p", "is_active": false, "fleet_type": 5})", std::nullopt)->is_active);
    EXPECT_FALSE(left<CachedPark>(R"({"_id": "p", "is_active": true, "fleet_type": 5})", off)) << "never gives one";
}

TEST(CachedCar, HoldsAWholeCar) {
    const auto car =
        cached<CachedCar>(R"({"_id": "c", "park_id": "p", "number": "A001AA", "callsign": "7", "brand": "Kia",
        "model": "Rio", "year": 2019, "color": "white", "status": "working"})");
    EXPECT_EQ(car.id, "c");
    EXPECT_EQ(car.park_id, "p");
    EXPECT_EQ(car.number, "A001AA");
    EXPECT_EQ(car.callsign, "7");
    EXPECT_EQ(car.brand, "Kia");
    EXPECT_EQ(car.model, "Rio");
    EXPECT_EQ(car.color, "white");
    EXPECT_EQ(car.status, "working");
    EXPECT_EQ(car.year, 2019);
}

TEST(CachedCar, ShowsWhatItCan) {
    const auto car = cached<CachedCar>(R"({"_id": "c", "park_id": "p", "year": "new", "brand": 5})");
    EXPECT_EQ(car.year, 0);
    EXPECT_EQ(car.brand, "");
    EXPECT_EQ(reason<CachedCar>(R"({"_id": "c", "park_id": null})"), "bad_field:park_id");
}

TEST(CachedPark, HoldsAWholePark) {
    const auto park = cached<CachedPark>(R"({"_id": "p", "name": "Park", "city_id": "Chicago", "is_active": true,
        "fleet_type": "vezet", "parent_park_id": "parent"})");
    EXPECT_EQ(park.id, "p");
    EXPECT_EQ(park.name, "Park");
    EXPECT_EQ(park.city_id, "Chicago");
    EXPECT_TRUE(park.is_active);
    EXPECT_EQ(park.fleet_type, "vezet");
    EXPECT_EQ(park.parent_park_id, "parent");
    EXPECT_EQ(park.family(), "vezet");
}

TEST(CachedPark, AParentIsOfTheMainFamily) {
    const auto park = cached<CachedPark>(R"({"_id": "p", "fleet_type": null})");
    EXPECT_EQ(park.family(), "taximeter");
    EXPECT_FALSE(park.is_active);
}

TEST(CachedPark, WrongTypesOfWhatIsNeededKeepItAside) {
    EXPECT_EQ(reason<CachedPark>(R"({"_id": "p", "is_active": "yes"})"), "bad_field:is_active");
    EXPECT_EQ(reason<CachedPark>(R"({"_id": "p", "fleet_type": 1})"), "bad_field:fleet_type");
    EXPECT_EQ(reason<CachedPark>(R"({"_id": "p", "parent_park_id": 1})"), "bad_field:parent_park_id");
}

}  // namespace
}  // namespace twinfleet::driver_cache
