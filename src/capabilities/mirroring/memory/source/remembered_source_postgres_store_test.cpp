#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "capabilities/mirroring/entities/entity_table.hpp"
#include "capabilities/mirroring/memory/source/remembered_source_postgres.hpp"
#include "capabilities/mirroring/testing/fresh_stores_postgres.hpp"

namespace twinfleet::mirroring {
namespace {

class PostgresRememberedSourceTest : public ::testing::Test {
protected:
    FreshPostgresStores stores_;
    PostgresRememberedSource memory_{stores_.pool};
};

TEST_F(PostgresRememberedSourceTest, TheFirstMarkerStaysUntilItIsReplaced) {
    EXPECT_EQ(memory_.marker(), std::nullopt);
    EXPECT_EQ(memory_.remember("first"), "first");
    EXPECT_EQ(memory_.remember("second"), "first");
    EXPECT_EQ(memory_.marker(), "first");
    memory_.replace("third");
    EXPECT_EQ(memory_.marker(), "third");
    EXPECT_EQ(memory_.remember("fourth"), "third");
}

TEST_F(PostgresRememberedSourceTest, OnlyLinkedChildrenAreSampled) {
    const Entity& cars = entity("cars");
    EXPECT_THAT(memory_.sample_of_children(cars, 10), ::testing::IsEmpty());
    stores_.pool.transact([](postgres::Transaction& transaction) {
        transaction.execute(
            "INSERT INTO fleet_sync.cars (family, parent_id, parent_park_id, child_id, child_park_id, state)"
            " VALUES ('vezet', 'p1', 'park', 'c1', 'child', 'linked'), ('other', 'p1', 'park', 'c2', 'child', "
            "'linked'),"
            " ('vezet', 'p3', 'park', 'c3', 'child', 'reserved'), ('vezet', 'p4', 'park', 'c4', 'child', 'retired')");
    });
    EXPECT_THAT(memory_.sample_of_children(cars, 10), ::testing::UnorderedElementsAre("c1", "c2"));
    EXPECT_THAT(memory_.sample_of_children(cars, 1), ::testing::SizeIs(1));
}

}  // namespace
}  // namespace twinfleet::mirroring
