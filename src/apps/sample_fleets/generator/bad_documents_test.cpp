#include "apps/sample_fleets/generator/bad_documents.hpp"

#include <algorithm>
#include <set>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "apps/sample_fleets/generator/collected_fleet_for_tests.hpp"
#include "domain/license.hpp"

namespace twinfleet::sample_fleets {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

CollectedFleet generate_bad(std::uint32_t count) {
    CollectedFleet fleet;
    generate_bad_documents(count, fleet.sink());
    return fleet;
}

std::ptrdiff_t count_with_type(const CollectedFleet& fleet, Collection collection, std::string_view field,
                               bson::Type type) {
    return std::ranges::count_if(fleet.of(collection), [&](const auto& entry) {
        const auto element = entry.second.view().find(field);
        return element && element->type == type;
    });
}

TEST(BadDocuments, AreNotMadeUnlessAskedFor) {
    EXPECT_THAT(generate_bad(0).order, IsEmpty());
}

TEST(BadDocuments, HoldEveryKindOnceInARound) {
    const auto fleet = generate_bad(bad_document_kinds);
    EXPECT_EQ(count_with_type(fleet, Collection::parks, "login", bson::Type::int64), 1);
    EXPECT_EQ(count_with_type(fleet, Collection::parks, "_id", bson::Type::int64), 1);
    EXPECT_EQ(count_with_type(fleet, Collection::work_rules, "park_id", bson::Type::int64), 1);
    EXPECT_EQ(count_with_type(fleet, Collection::cars, "park_id", bson::Type::int64), 1);
    EXPECT_EQ(count_with_type(fleet, Collection::drivers, "_id", bson::Type::int64), 1);
    EXPECT_EQ(count_with_type(fleet, Collection::drivers, "phones", bson::Type::utf8), 1);
    EXPECT_EQ(count_with_type(fleet, Collection::drivers, "license", bson::Type::utf8), 1);
    // The rule of the bad driver without references, his car, the numeric car's driver, the one with a car next door;
    // and the two whose own park_id is a number.
    EXPECT_THAT(open_references(fleet), SizeIs(6));
}

TEST(BadDocuments, LeaveTheFieldsThatAreInOrderAsTheyWere) {
    const auto fleet = generate_bad(1);
    for (const auto& [id, park] : fleet.of(Collection::parks)) {
        const auto login = park.view().find("login").value();
        EXPECT_EQ(text_of(park, "city_id"), "Chicago");
        EXPECT_TRUE(park.view().find("modified_date"));
        EXPECT_EQ(login.is_string(), text_of(park, "name") == "Quarantine Examples");
    }
    EXPECT_THAT(fleet.of(Collection::parks), SizeIs(2));
}

TEST(BadDocuments, AreDistinctAndKeepPeopleApart) {
    const auto fleet = generate_bad(100);
    EXPECT_THAT(fleet.repeated, IsEmpty());
    std::set<std::string> phones;
    std::set<std::string> licenses;
    for (const auto& [id, driver] : fleet.of(Collection::drivers)) {
        const auto plain_phone = text_of(driver, "phones");
        EXPECT_TRUE(phones.insert(plain_phone.empty() ? first_text_of(driver, "phones") : plain_phone).second);
        const auto plain_license = text_of(driver, "license");
        EXPECT_TRUE(
            licenses.insert(domain::normalize_license(plain_license.empty() ? license_of(driver) : plain_license))
                .second);
    }
    EXPECT_EQ(generate_bad(100).digest, fleet.digest);
}

}  // namespace
}  // namespace twinfleet::sample_fleets
