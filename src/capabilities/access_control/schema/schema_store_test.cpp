#include <thread>

#include <gtest/gtest.h>

#include "capabilities/access_control/schema/schema_postgres.hpp"
#include "platform/postgres/pool.hpp"
#include "tests/support/stores.hpp"

namespace twinfleet::access_control {
namespace {

class Schema : public ::testing::Test {
protected:
    void execute(const std::string& sql) {
        pool_.transact([&](postgres::Transaction& transaction) { transaction.execute(sql); });
    }

    twinfleet::testing::PostgresDatabase database_;
    postgres::Pool pool_{{.dsn = database_.dsn()}};
};

TEST_F(Schema, IsCurrentOnceItIsMigrated) {
    EXPECT_EQ(schema_state(pool_), SchemaState::behind);
    EXPECT_GT(migrate_schema(pool_), 0U);
    EXPECT_EQ(schema_state(pool_), SchemaState::current);
    EXPECT_EQ(migrate_schema(pool_), 0U);
}

TEST_F(Schema, SeveralMayMigrateAtOnce) {
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 4; ++i) {
            threads.emplace_back([&] { migrate_schema(pool_); });
        }
    }
    EXPECT_EQ(schema_state(pool_), SchemaState::current);
}

TEST_F(Schema, IsBehindOrAheadByTheNumbers) {
    migrate_schema(pool_);
    execute("INSERT INTO access_control.schema_migrations (number, name, checksum) VALUES (9999, 'later', '')");
    EXPECT_EQ(schema_state(pool_), SchemaState::ahead);
    execute("DELETE FROM access_control.schema_migrations WHERE number > 1");
    EXPECT_EQ(schema_state(pool_), SchemaState::behind);
}

}  // namespace
}  // namespace twinfleet::access_control
