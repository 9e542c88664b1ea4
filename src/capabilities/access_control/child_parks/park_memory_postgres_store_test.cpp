#include <gtest/gtest.h>

#include "capabilities/access_control/child_parks/park_memory_postgres.hpp"
#include "capabilities/access_control/schema/schema_postgres.hpp"
#include "tests/support/stores.hpp"

namespace twinfleet::access_control {
namespace {

TEST(PostgresParkMemory, RemembersWhatWasSaidLastButAChildForEver) {
    twinfleet::testing::PostgresDatabase database;
    postgres::Pool pool({.dsn = database.dsn()});
    migrate_schema(pool);
    PostgresParkMemory memory(pool);
    const ParkId park("park");

    EXPECT_EQ(memory.recall_is_child(park), std::nullopt);
    memory.remember(park, false);
    EXPECT_EQ(memory.recall_is_child(park), false);
    memory.remember(park, true);
    EXPECT_EQ(memory.recall_is_child(park), true);
    memory.remember(park, false);
    EXPECT_EQ(memory.recall_is_child(park), true);
    EXPECT_EQ(memory.recall_is_child(ParkId("another")), std::nullopt);
}

}  // namespace
}  // namespace twinfleet::access_control
