#include "platform/postgres/errors.hpp"

#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pqxx/except>

#include "platform/errors/store_error.hpp"

namespace twinfleet::postgres {
namespace {

using platform::StoreRefused;
using platform::StoreUnavailable;

template <typename Error>
void translate(const Error& error) {
    try {
        throw error;
    } catch (...) {
        rethrow_as_store_error();
    }
}

TEST(PostgresErrors, AServerThatEndsOrStartsOrTakesNoWritesIsUnfit) {
    for (const auto* sqlstate : {"25006", "57P01", "57P02", "57P03"}) {
        EXPECT_THROW(translate(pqxx::sql_error("FATAL:  no", "SELECT 1", sqlstate)), ServerUnfit) << sqlstate;
    }
}

TEST(PostgresErrors, WhatAPauseMayMendIsUnavailable) {
    for (const auto* sqlstate : {"08000", "08006", "25P03", "40001", "40P01", "53100", "53200", "53300", "55P03",
                                 "57014", "57P05", "58000", "58030"}) {
        try {
            translate(pqxx::sql_error("FATAL:  no", "SELECT 1", sqlstate));
            FAIL() << sqlstate;
        } catch (const ServerUnfit&) {
            FAIL() << sqlstate << " is no reason to leave the server";
        } catch (const StoreUnavailable& error) {
            EXPECT_THAT(error.what(), ::testing::HasSubstr(sqlstate));
        }
    }
    EXPECT_THROW(translate(pqxx::broken_connection("gone")), StoreUnavailable);
    EXPECT_THROW(translate(pqxx::too_many_connections("full")), StoreUnavailable);
    EXPECT_THROW(translate(pqxx::in_doubt_error("commit")), StoreUnavailable);
    EXPECT_THROW(translate(pqxx::deadlock_detected("ERROR:  deadlock")), StoreUnavailable);
    EXPECT_THROW(translate(pqxx::serialization_failure("ERROR:  conflict with recovery")), StoreUnavailable);
    EXPECT_THROW(translate(pqxx::statement_completion_unknown("ERROR:  unknown")), StoreUnavailable);
}

TEST(PostgresErrors, WhatTheServerAnswersIsRefused) {
    for (const auto* sqlstate : {"23505", "22P02", "25P02", "42501", "42P01", "57P04", "XX000"}) {
        EXPECT_THROW(translate(pqxx::sql_error("ERROR:  no", "INSERT", sqlstate)), StoreRefused) << sqlstate;
    }
}

TEST(PostgresErrors, BrokenConstraintsAreToldByType) {
    EXPECT_THROW(translate(pqxx::unique_violation("ERROR:  no", "INSERT", "23505")), UniqueViolation);
    EXPECT_THROW(translate(pqxx::foreign_key_violation("ERROR:  no", "INSERT", "23503")), ForeignKeyViolation);
}

TEST(PostgresErrors, OtherExceptionsGoOnAsTheyAre) {
    EXPECT_THROW(translate(std::out_of_range("mine")), std::out_of_range);
    EXPECT_THROW(translate(pqxx::conversion_error("not a number")), pqxx::conversion_error);
    EXPECT_THROW(translate(StoreRefused("Other", 7, "no")), StoreRefused);
}

TEST(PostgresErrors, MessagesHoldNeitherDetailsNorQueriesNorParameters) {
    try {
        translate(
            pqxx::unique_violation("ERROR:  duplicate key value violates unique constraint \"phones\"\n"
                                   "DETAIL:  Key (phone)=(+79990001122) already exists.\n",
                                   "INSERT INTO secret VALUES ($1)", "23505"));
        FAIL();
    } catch (const StoreRefused& error) {
        EXPECT_STREQ(
            error.what(),
            "PostgreSQL refused: ERROR:  duplicate key value violates unique constraint \"phones\", SQLSTATE 23505"
            " (code 0)");
    }
    EXPECT_EQ(without_data("ERROR:  invalid input syntax for type integer: \"+79990001122\"\n", "22P02"),
              "ERROR:  invalid input syntax for type integer");
}

}  // namespace
}  // namespace twinfleet::postgres
