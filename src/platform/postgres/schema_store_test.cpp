#include <atomic>
#include <stdexcept>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "platform/errors/store_error.hpp"
#include "platform/postgres/pool.hpp"
#include "platform/postgres/schema.hpp"
#include "tests/support/stores.hpp"

namespace twinfleet::postgres {
namespace {

using platform::StoreRefused;
using ::testing::HasSubstr;
using twinfleet::testing::PostgresDatabase;

constexpr std::string_view make_table = "CREATE TABLE garage.things (id integer); INSERT INTO garage.things VALUES (1)";
constexpr std::string_view add_row = "INSERT INTO garage.things VALUES (2)";

class Migrations : public ::testing::Test {
protected:
    std::string value(const std::string& sql) {
        return pool_.transact(
            [&](Transaction& transaction) { return transaction.execute(sql).only_value<std::string>(); });
    }
    std::size_t run(const std::vector<Migration>& migrations) { return migrate(pool_, "garage", migrations); }
    std::string refusal(const std::vector<Migration>& migrations) {
        try {
            run(migrations);
        } catch (const StoreRefused& error) {
            return error.what();
        }
        return "not refused";
    }

    PostgresDatabase database_;
    Pool pool_{{.dsn = database_.dsn()}};
};

TEST_F(Migrations, RunInOrderOfNumberAndOnce) {
    EXPECT_EQ(run({{2, "row", add_row}, {1, "table", make_table}}), 2U);
    EXPECT_EQ(run({{2, "row", add_row}, {1, "table", make_table}}), 0U);
    EXPECT_EQ(value("SELECT count(*) FROM garage.things"), "2");
    EXPECT_EQ(value("SELECT string_agg(number || ' ' || name, ', ' ORDER BY number) FROM garage.schema_migrations"),
              "1 table, 2 row");
}

TEST_F(Migrations, RunOnlyWhatIsNew) {
    EXPECT_EQ(run({}), 0U);
    EXPECT_EQ(run({{1, "table", make_table}}), 1U);
    EXPECT_EQ(run({{1, "renamed", make_table}, {2, "row", add_row}}), 1U);
}

TEST_F(Migrations, RefuseATextThatHasChanged) {
    run({{1, "table", make_table}});
    EXPECT_THAT(refusal({{1, "table", add_row}, {2, "row", add_row}}), HasSubstr("migration 1 (table) has changed"));
    EXPECT_EQ(value("SELECT count(*) FROM garage.things"), "1");
}

TEST_F(Migrations, RefuseANumberTheyDoNotKnow) {
    run({{1, "table", make_table}, {2, "row", add_row}});
    EXPECT_THAT(refusal({{1, "table", make_table}}), HasSubstr("migration 2 was run by another version"));
}

TEST_F(Migrations, RefuseAStepBelowOneThatWasRun) {
    run({{1, "table", make_table}, {3, "row", add_row}});
    EXPECT_THAT(refusal({{1, "table", make_table}, {2, "late", add_row}, {3, "row", add_row}}),
                HasSubstr("migration 2 (late) was added below"));
}

TEST_F(Migrations, RefuseTwoStepsOfOneNumber) {
    EXPECT_THROW(run({{1, "a", make_table}, {1, "b", add_row}}), std::invalid_argument);
}

TEST_F(Migrations, AFailedStepLeavesTheEarlierOnesAndNothingOfItself) {
    const std::vector<Migration> migrations{
        {1, "table", make_table}, {2, "broken", "INSERT INTO garage.things VALUES (5); SELECT no_such_column"}};
    EXPECT_THAT(refusal(migrations), HasSubstr("migration 2 (broken): "));
    EXPECT_EQ(value("SELECT count(*) FROM garage.things"), "1");
    EXPECT_EQ(value("SELECT max(number) FROM garage.schema_migrations"), "1");
    EXPECT_EQ(run({{1, "table", make_table}, {2, "mended", add_row}}), 1U);
}

TEST_F(Migrations, MayTakeLongerThanAStatementOtherwise) {
    Pool pool({.dsn = database_.dsn(), .statement_timeout = std::chrono::milliseconds(200)});
    const std::vector<Migration> slow{{1, "slow", "SELECT pg_sleep(0.4)"}};
    EXPECT_EQ(migrate(pool, "garage", slow), 1U);
}

TEST_F(Migrations, QuoteTheNameOfTheSchema) {
    const std::vector<Migration> nothing{{1, "nothing", "SELECT 1"}};
    EXPECT_EQ(schema_state(pool_, "The \"Garage\"", nothing), SchemaState::behind);
    EXPECT_EQ(migrate(pool_, "The \"Garage\"", nothing), 1U);
    EXPECT_EQ(schema_state(pool_, "The \"Garage\"", nothing), SchemaState::current);
    EXPECT_EQ(value("SELECT count(*) FROM \"The \"\"Garage\"\"\".schema_migrations"), "1");
}

TEST_F(Migrations, AreCurrentBehindOrAheadByTheirHighestNumber) {
    const std::vector<Migration> older{{1, "table", make_table}};
    const std::vector<Migration> newer{{2, "row", add_row}, {1, "table", make_table}};
    EXPECT_EQ(schema_state(pool_, "garage", older), SchemaState::behind);
    run({});
    EXPECT_EQ(schema_state(pool_, "garage", older), SchemaState::behind);
    run(older);
    EXPECT_EQ(schema_state(pool_, "garage", older), SchemaState::current);
    EXPECT_EQ(schema_state(pool_, "garage", newer), SchemaState::behind);
    run(newer);
    EXPECT_EQ(schema_state(pool_, "garage", newer), SchemaState::current);
    EXPECT_EQ(schema_state(pool_, "garage", older), SchemaState::ahead);
}

TEST_F(Migrations, SeveralProcessesRunEachStepOnce) {
    constexpr int processes = 6;
    const std::vector<Migration> migrations{{1, "table", make_table}, {2, "row", add_row}, {3, "another", add_row}};
    std::atomic<std::size_t> steps_run = 0;
    {
        std::vector<std::jthread> runners;
        runners.reserve(processes);
        for (int process = 0; process < processes; ++process) {
            runners.emplace_back([&] {
                Pool pool({.dsn = database_.dsn()});
                steps_run += migrate(pool, "garage", migrations);
            });
        }
    }
    EXPECT_EQ(steps_run, 3U);
    EXPECT_EQ(value("SELECT count(*) FROM garage.things"), "3");
}

}  // namespace
}  // namespace twinfleet::postgres
