#include <atomic>
#include <stdexcept>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "platform/errors/store_error.hpp"
#include "platform/postgres/pool.hpp"
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
        return pool_.transact([&](pqxx::work& transaction) { return transaction.exec1(sql)[0].as<std::string>(); });
    }
    std::string refusal(const std::vector<Migration>& migrations) {
        try {
            migrate(pool_, "garage", migrations);
        } catch (const StoreRefused& error) {
            return error.what();
        }
        return "not refused";
    }

    PostgresDatabase database_;
    Pool pool_{{.dsn = database_.dsn()}};
};

TEST_F(Migrations, RunInOrderOfNumberAndOnce) {
    EXPECT_EQ(migrate(pool_, "garage", {{2, "row", add_row}, {1, "table", make_table}}), 2U);
    EXPECT_EQ(migrate(pool_, "garage", {{2, "row", add_row}, {1, "table", make_table}}), 0U);
    EXPECT_EQ(value("SELECT count(*) FROM garage.things"), "2");
    EXPECT_EQ(value("SELECT string_agg(number || ' ' || name, ', ' ORDER BY number) FROM garage.schema_migrations"),
              "1 table, 2 row");
}

TEST_F(Migrations, RunOnlyWhatIsNew) {
    EXPECT_EQ(migrate(pool_, "garage", {}), 0U);
    EXPECT_EQ(migrate(pool_, "garage", {{1, "table", make_table}}), 1U);
    EXPECT_EQ(migrate(pool_, "garage", {{1, "renamed", make_table}, {2, "row", add_row}}), 1U);
}

TEST_F(Migrations, RefuseATextThatHasChanged) {
    migrate(pool_, "garage", {{1, "table", make_table}});
    EXPECT_THAT(refusal({{1, "table", add_row}, {2, "row", add_row}}), HasSubstr("migration 1 (table) has changed"));
    EXPECT_EQ(value("SELECT count(*) FROM garage.things"), "1");
}

TEST_F(Migrations, RefuseANumberTheyDoNotKnow) {
    migrate(pool_, "garage", {{1, "table", make_table}, {2, "row", add_row}});
    EXPECT_THAT(refusal({{1, "table", make_table}}), HasSubstr("migration 2 was run by another version"));
}

TEST_F(Migrations, RefuseAStepBelowOneThatWasRun) {
    migrate(pool_, "garage", {{1, "table", make_table}, {3, "row", add_row}});
    EXPECT_THAT(refusal({{1, "table", make_table}, {2, "late", add_row}, {3, "row", add_row}}),
                HasSubstr("migration 2 (late) was added below"));
}

TEST_F(Migrations, RefuseTwoStepsOfOneNumber) {
    EXPECT_THROW(migrate(pool_, "garage", {{1, "a", make_table}, {1, "b", add_row}}), std::invalid_argument);
}

TEST_F(Migrations, AFailedStepLeavesTheEarlierOnesAndNothingOfItself) {
    const std::vector<Migration> migrations{
        {1, "table", make_table}, {2, "broken", "INSERT INTO garage.things VALUES (5); SELECT no_such_column"}};
    EXPECT_THAT(refusal(migrations), HasSubstr("migration 2 (broken): "));
    EXPECT_EQ(value("SELECT count(*) FROM garage.things"), "1");
    EXPECT_EQ(value("SELECT max(number) FROM garage.schema_migrations"), "1");
    EXPECT_EQ(migrate(pool_, "garage", {{1, "table", make_table}, {2, "mended", add_row}}), 1U);
}

TEST_F(Migrations, MayTakeLongerThanAStatementOtherwise) {
    Pool pool({.dsn = database_.dsn(), .statement_timeout = std::chrono::milliseconds(200)});
    EXPECT_EQ(migrate(pool, "garage", {{1, "slow", "SELECT pg_sleep(0.4)"}}), 1U);
}

TEST_F(Migrations, QuoteTheNameOfTheSchema) {
    EXPECT_EQ(migrate(pool_, "The \"Garage\"", {{1, "nothing", "SELECT 1"}}), 1U);
    EXPECT_EQ(value("SELECT count(*) FROM \"The \"\"Garage\"\"\".schema_migrations"), "1");
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
