#include <set>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "capabilities/mirroring/entities/entity_table.hpp"
#include "capabilities/mirroring/memory/schema/schema_postgres.hpp"
#include "platform/postgres/pool.hpp"
#include "tests/support/stores.hpp"

namespace twinfleet::mirroring {
namespace {

std::vector<std::string> strings(postgres::Pool& pool, const std::string& sql) {
    return pool.transact([&](postgres::Transaction& transaction) {
        std::vector<std::string> found;
        for (postgres::Row row : transaction.execute(sql)) {
            found.emplace_back(row.text());
        }
        return found;
    });
}

class Schema : public ::testing::Test {
protected:
    void execute(const std::string& sql) {
        pool_.transact([&](postgres::Transaction& transaction) { transaction.execute(sql); });
    }

    twinfleet::testing::PostgresDatabase database_;
    postgres::Pool pool_{{.dsn = database_.dsn()}};
};

TEST_F(Schema, HasATableForEveryEntityAndThoseOfTheJobs) {
    EXPECT_GT(migrate_schema(pool_), 0U);
    std::set<std::string> expected{"backfills",
                                   "erasures",
                                   "foreign_edits",
                                   "full_rounds",
                                   "full_shards",
                                   "job_cursors",
                                   "job_leases",
                                   "job_runs",
                                   "lease_wishes",
                                   "link_changes",
                                   "link_change_positions",
                                   "quarantine",
                                   "schema_migrations",
                                   "source_cluster",
                                   "verified_rounds",
                                   "verify_positions"};
    for (const Entity& entity : entities()) {
        expected.emplace(entity.name);
    }
    EXPECT_THAT(strings(pool_, "SELECT tablename FROM pg_tables WHERE schemaname = 'fleet_sync'"),
                ::testing::UnorderedElementsAreArray(expected));
}

TEST_F(Schema, LinkTablesAreAsTheContractSaysAndHoldAWriteToken) {
    migrate_schema(pool_);
    for (const Entity& entity : entities()) {
        const std::string name(entity.name);
        SCOPED_TRACE(name);
        EXPECT_THAT(
            strings(pool_,
                    "SELECT column_name || ' ' || data_type FROM information_schema.columns"
                    " WHERE table_schema = 'fleet_sync' AND table_name = '" +
                        name + "' ORDER BY ordinal_position"),
            ::testing::ElementsAre("family text", "parent_id text", "parent_park_id text", "child_id text",
                                   "child_park_id text", "state text", "source_hash bytea",
                                   "source_updated_ts timestamp with time zone", "created_at timestamp with time zone",
                                   "synced_at timestamp with time zone", "write_token bigint", "kept_retired text"));
        const std::string on = "ON fleet_sync." + name + " USING btree ";
        EXPECT_THAT(strings(pool_,
                            "SELECT replace(indexdef, ' INDEX ' || indexname || ' ', ' INDEX ') FROM pg_indexes"
                            " WHERE schemaname = 'fleet_sync' AND tablename = '" +
                                name + "'"),
                    ::testing::UnorderedElementsAre(
                        "CREATE UNIQUE INDEX " + on + "(family, parent_id)", "CREATE UNIQUE INDEX " + on + "(child_id)",
                        "CREATE INDEX " + on + "(child_park_id)", "CREATE INDEX " + on + "(parent_park_id)"));
    }
}

TEST_F(Schema, MigratingAgainDoesNothing) {
    migrate_schema(pool_);
    EXPECT_EQ(migrate_schema(pool_), 0U);
}

TEST_F(Schema, MakesTheTableOfANewEntity) {
    const std::size_t steps = migrate_schema(pool_);
    execute("DROP TABLE fleet_sync.cars");
    EXPECT_EQ(migrate_schema(pool_), 1U);
    EXPECT_LT(1U, steps);
    EXPECT_THAT(strings(pool_, "SELECT count(*) FROM fleet_sync.cars"), ::testing::ElementsAre("0"));
}

TEST_F(Schema, SeveralMayMigrateAtOnce) {
    constexpr std::size_t processes = 4;
    std::vector<std::size_t> steps(processes);
    {
        std::vector<std::jthread> threads;
        for (std::size_t i = 0; i < processes; ++i) {
            threads.emplace_back([&, i] { steps[i] = migrate_schema(pool_); });
        }
    }
    std::size_t sum = 0;
    for (const std::size_t count : steps) {
        sum += count;
    }
    EXPECT_EQ(sum, entities().size() + strings(pool_, "SELECT name FROM fleet_sync.schema_migrations").size());
}

TEST_F(Schema, IsCurrentOnceItIsMigrated) {
    EXPECT_EQ(schema_state(pool_), SchemaState::behind);
    migrate_schema(pool_);
    EXPECT_EQ(schema_state(pool_), SchemaState::current);
}

TEST_F(Schema, IsBehindWhileAMigrationWasNotRun) {
    migrate_schema(pool_);
    execute("DELETE FROM fleet_sync.schema_migrations WHERE number > 1");
    EXPECT_EQ(schema_state(pool_), SchemaState::behind);
    execute("DELETE FROM fleet_sync.schema_migrations");
    EXPECT_EQ(schema_state(pool_), SchemaState::behind);
}

TEST_F(Schema, IsBehindWhileAnEntityHasNoTable) {
    migrate_schema(pool_);
    execute("DROP TABLE fleet_sync.cars");
    EXPECT_EQ(schema_state(pool_), SchemaState::behind);
}

TEST_F(Schema, IsAheadOfAnOlderProgram) {
    migrate_schema(pool_);
    execute("INSERT INTO fleet_sync.schema_migrations (number, name, checksum) VALUES (9999, 'later', '')");
    EXPECT_EQ(schema_state(pool_), SchemaState::ahead);
}

TEST_F(Schema, AllowsOnlyTheThreeStates) {
    migrate_schema(pool_);
    EXPECT_ANY_THROW(
        strings(pool_,
                "INSERT INTO fleet_sync.cars (family, parent_id, parent_park_id, child_id, child_park_id, state)"
                " VALUES ('vezet', 'a', 'b', 'c', 'd', 'lost')"));
}

}  // namespace
}  // namespace twinfleet::mirroring
