#include "capabilities/mirroring/policy/difference.hpp"

#include <gtest/gtest.h>

#include "capabilities/mirroring/entities/entity_table.hpp"
#include "capabilities/mirroring/policy/projection.hpp"

namespace twinfleet::mirroring {
namespace {

const domain::AppFamily family_of_differences{"vezet"};

TEST(Difference, IgnoresWhatTheChildOwnsAndTheOrderOfFields) {
    const Projector projector(entity("drivers"), family_of_differences);
    const auto child = bson::from_json(R"({"_id": "c", "balance": 100, "last_name": "B", "first_name": "A",
        "created_date": 1, "updated_ts": 5})");
    EXPECT_TRUE(projector.difference(child, bson::from_json(R"({"first_name": "A", "last_name": "B"})")).empty());
}

TEST(Difference, TellsChangedMissingAndForeignFields) {
    const Projector projector(entity("drivers"), family_of_differences);
    const auto child = bson::from_json(R"({"_id": "c", "first_name": "A", "foreign": 1, "year": {"$numberInt": "1"}})");
    const auto content = bson::from_json(R"({"first_name": "B", "year": {"$numberLong": "1"}, "new": true})");
    const auto difference = projector.difference(child, content);
    ASSERT_EQ(difference.fields.size(), 4U);
    EXPECT_EQ(difference.fields[0].name, "first_name");
    EXPECT_EQ(difference.fields[1].name, "year");  // another BSON type is another value
    EXPECT_EQ(difference.fields[2].name, "new");
    EXPECT_FALSE(difference.fields[2].from);
    EXPECT_EQ(difference.fields[3].name, "foreign");
    EXPECT_FALSE(difference.fields[3].to);
}

TEST(Difference, SwitchesAChildOffOnlyOnce) {
    const Projector projector(entity("drivers"), family_of_differences);
    bson::Document storage;
    const auto child = bson::from_json(R"({"_id": "c", "first_name": "A", "work_status": "working"})");
    const auto retirement = projector.retirement(child, storage);
    ASSERT_EQ(retirement.fields.size(), 1U);
    const auto& changed = retirement.fields.front();
    EXPECT_EQ(changed.name, entity("drivers").retirement.field);
    const auto switched_off = bson::Builder().copy(*changed.to).take();
    bson::Document unused;
    EXPECT_TRUE(projector.retirement(switched_off, unused).empty());
}

}  // namespace
}  // namespace twinfleet::mirroring
