#include <array>
#include <atomic>
#include <chrono>
#include <latch>
#include <numeric>
#include <stdexcept>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "platform/errors/store_error.hpp"
#include "platform/postgres/pool.hpp"
#include "tests/support/stores.hpp"

namespace twinfleet::postgres {
namespace {

using namespace std::chrono_literals;
using platform::StoreRefused;
using platform::StoreUnavailable;
using ::testing::HasSubstr;
using ::testing::Not;
using twinfleet::testing::PostgresDatabase;

class PostgresStore : public ::testing::Test {
protected:
    void execute(const std::string& sql) {
        pool_.transact([&](pqxx::work& transaction) { transaction.exec(sql); });
    }
    std::string value(const std::string& sql) {
        return pool_.transact([&](pqxx::work& transaction) { return transaction.exec1(sql)[0].as<std::string>(); });
    }

    PostgresDatabase database_;
    Pool pool_{{.dsn = database_.dsn(), .application_name = "pool test", .connections_max = 2}};
};

TEST_F(PostgresStore, CommitsWhatTheWorkDid) {
    execute("CREATE TABLE things (id integer)");
    const auto inserted = pool_.transact([](pqxx::work& transaction) {
        return transaction.exec_params("INSERT INTO things VALUES ($1), ($2)", 1, 2).affected_rows();
    });
    EXPECT_EQ(inserted, 2U);
    EXPECT_EQ(value("SELECT count(*) FROM things"), "2");
}

TEST_F(PostgresStore, RollsBackWhenTheWorkThrows) {
    execute("CREATE TABLE things (id integer)");
    const auto failing = [&] {
        pool_.transact([](pqxx::work& transaction) {
            transaction.exec("INSERT INTO things VALUES (1)");
            throw std::out_of_range("mine");
        });
    };
    EXPECT_THROW(failing(), std::out_of_range);
    EXPECT_EQ(value("SELECT count(*) FROM things"), "0");
    EXPECT_EQ(pool_.usage().open, 1U);
    EXPECT_EQ(pool_.usage().in_use, 0U);
}

TEST_F(PostgresStore, RefusalsCarryTheStateButNoValues) {
    execute("CREATE TABLE things (phone text UNIQUE)");
    const auto insert = [&](const std::string& phone) {
        pool_.transact(
            [&](pqxx::work& transaction) { transaction.exec_params("INSERT INTO things VALUES ($1)", phone); });
    };
    insert("+79990001122");
    try {
        insert("+79990001122");
        FAIL();
    } catch (const StoreRefused& error) {
        EXPECT_THAT(error.what(), HasSubstr("23505"));
        EXPECT_THAT(error.what(), HasSubstr("things_phone_key"));
        EXPECT_THAT(error.what(), Not(HasSubstr("7999")));
    }
    try {
        pool_.transact([](pqxx::work& transaction) { transaction.exec_params("SELECT $1::integer", "+7999x"); });
        FAIL();
    } catch (const StoreRefused& error) {
        EXPECT_THAT(error.what(), HasSubstr("22P02"));
        EXPECT_THAT(error.what(), Not(HasSubstr("7999")));
    }
    // The connection is good for more.
    pool_.ping();
    EXPECT_EQ(pool_.usage().open, 1U);
}

TEST_F(PostgresStore, AnswersNothingOnStderr) {
    ::testing::internal::CaptureStderr();
    execute("DO $$ BEGIN RAISE NOTICE 'noticed'; RAISE WARNING 'warned'; END $$");
    execute("DROP TABLE IF EXISTS nothing_here");
    EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
}

TEST_F(PostgresStore, ConnectsWithTheSettings) {
    EXPECT_EQ(value("SHOW application_name"), "pool test");
    EXPECT_EQ(value("SHOW statement_timeout"), "30s");
    EXPECT_EQ(value("SHOW client_encoding"), "UTF8");
    const bool is_uri = database_.dsn().starts_with("postgres");
    const bool has_options = database_.dsn().find('?') != std::string::npos;
    const std::string uri_options = std::string(has_options ? "&" : "?") +
                                    "application_name=named&options=-c%20statement_timeout%3D7s%20-c%20geqo%3Doff";
    const std::string more =
        is_uri ? uri_options : " application_name=named options='-c statement_timeout=7s -c geqo=off'";
    Pool named({.dsn = database_.dsn() + more});
    const auto show = [&](const std::string& setting) {
        return named.transact(
            [&](pqxx::work& transaction) { return transaction.exec1("SHOW " + setting)[0].as<std::string>(); });
    };
    EXPECT_EQ(show("application_name"), "named");
    EXPECT_EQ(show("statement_timeout"), "7s");
    EXPECT_EQ(show("geqo"), "off");
}

TEST_F(PostgresStore, TheStatementTimeoutRefuses) {
    Pool pool({.dsn = database_.dsn(), .statement_timeout = 50ms});
    try {
        pool.transact([](pqxx::work& transaction) { transaction.exec("SELECT pg_sleep(60)"); });
        FAIL();
    } catch (const StoreRefused& error) {
        EXPECT_THAT(error.what(), HasSubstr("57014"));
    }
}

TEST_F(PostgresStore, ATransactionThatFallsSilentGivesItsLocksBack) {
    execute("CREATE TABLE locked (value int)");
    Pool silent({.dsn = database_.dsn(), .idle_in_transaction_timeout = std::chrono::milliseconds(200)});
    EXPECT_THROW(silent.transact([this](pqxx::work& transaction) {
        transaction.exec("LOCK TABLE locked");
        // Waits until the server has ended the transaction that holds the lock.
        pool_.transact([](pqxx::work& other) { other.exec("INSERT INTO locked VALUES (1)"); });
        transaction.exec("SELECT 1");
    }),
                 platform::StoreUnavailable);
}

TEST_F(PostgresStore, ReplacesAnIdleConnectionThatBroke) {
    pool_.ping();
    database_.terminate_connections();
    int runs = 0;
    pool_.transact([&](pqxx::work& transaction) {
        ++runs;
        transaction.exec("SELECT 1");
    });
    EXPECT_EQ(runs, 1);
    EXPECT_EQ(pool_.usage().open, 1U);
}

TEST_F(PostgresStore, DoesNotRepeatWorkWhoseConnectionBroke) {
    int runs = 0;
    const auto broken = [&] {
        pool_.transact([&](pqxx::work& transaction) {
            ++runs;
            transaction.exec("SELECT 1");
            database_.terminate_connections();
            transaction.exec("SELECT 1");
        });
    };
    EXPECT_THROW(broken(), StoreUnavailable);
    EXPECT_EQ(runs, 1);
    EXPECT_EQ(pool_.usage().open, 0U);
    pool_.ping();
}

TEST_F(PostgresStore, ACommitThatCannotBeSentIsUnavailable) {
    execute("CREATE TABLE things (id integer)");
    const auto broken = [&] {
        pool_.transact([&](pqxx::work& transaction) {
            transaction.exec("INSERT INTO things VALUES (1)");
            database_.terminate_connections();
        });
    };
    EXPECT_THROW(broken(), StoreUnavailable);
    EXPECT_EQ(value("SELECT count(*) FROM things"), "0");
}

TEST_F(PostgresStore, DoesNotReconnectInTheMiddleOfATransaction) {
    execute("CREATE TABLE things (id integer)");
    const auto broken = [&] {
        pool_.transact([&](pqxx::work& transaction) {
            database_.terminate_connections();
            try {
                transaction.exec("SELECT 1");
            } catch (const pqxx::failure&) {
            }
            transaction.exec("INSERT INTO things VALUES (1)");
        });
    };
    EXPECT_THROW(broken(), StoreUnavailable);
    EXPECT_EQ(value("SELECT count(*) FROM things"), "0");
}

TEST_F(PostgresStore, WhoFindsAllConnectionsInUseWaitsForOne) {
    Pool pool({.dsn = database_.dsn(), .connections_max = 1, .connect_timeout = 30s});
    std::latch inside(1);
    std::atomic<bool> done = false;
    const std::jthread holder([&] {
        pool.transact([&](pqxx::work& transaction) {
            inside.count_down();
            transaction.exec("SELECT pg_sleep(0.2)");
            done = true;
        });
    });
    inside.wait();
    EXPECT_EQ(pool.usage().in_use, 1U);
    pool.ping();
    EXPECT_TRUE(done);
}

TEST_F(PostgresStore, WhoWaitsTooLongGetsUnavailable) {
    Pool pool({.dsn = database_.dsn(), .connections_max = 1, .connect_timeout = 50ms});
    pool.transact([&](pqxx::work&) { EXPECT_THROW(pool.ping(), StoreUnavailable); });
    pool.ping();
}

TEST_F(PostgresStore, CanBeUsedFromManyThreads) {
    constexpr int threads = 8;
    constexpr int rounds = 25;
    execute("CREATE TABLE things (id integer PRIMARY KEY)");
    {
        std::vector<std::jthread> workers;
        workers.reserve(threads);
        for (int thread = 0; thread < threads; ++thread) {
            workers.emplace_back([&, thread] {
                for (int round = 0; round < rounds; ++round) {
                    pool_.transact([&](pqxx::work& transaction) {
                        transaction.exec_params("INSERT INTO things VALUES ($1)", thread * rounds + round);
                    });
                }
            });
        }
    }
    EXPECT_EQ(value("SELECT count(*) FROM things"), std::to_string(threads * rounds));
    EXPECT_LE(pool_.usage().open, 2U);
    EXPECT_EQ(pool_.usage().in_use, 0U);
}

TEST_F(PostgresStore, ArrayLiteralsArriveAsTheyWere) {
    const std::vector<std::string> texts{"",       "NULL",     "null", "\"",      "\\",   "\\\\\"",
                                         "{}",     "{a,b}",    ",",    " blank ", "it's", "new\nline\ttab",
                                         "Ижевск", "\x7f\x01", "\\x00"};
    ArrayLiteral literal(texts.size());
    for (const auto& text : texts) {
        literal.add(text);
    }
    literal.add_null();
    const auto rows = pool_.transact([array = std::move(literal).take()](pqxx::work& transaction) {
        return transaction.exec_params(
            "SELECT value FROM unnest($1::text[]) WITH ORDINALITY AS t(value, place) ORDER BY place", array);
    });
    ASSERT_EQ(rows.size(), texts.size() + 1);
    for (std::size_t index = 0; index < texts.size(); ++index) {
        EXPECT_EQ(rows[static_cast<int>(index)][0].as<std::string>(), texts[index]);
    }
    EXPECT_TRUE(rows[static_cast<int>(texts.size())][0].is_null());
}

TEST_F(PostgresStore, ArraysOfBytesArriveAsTheyWere) {
    std::array<std::uint8_t, 256> bytes{};
    std::iota(bytes.begin(), bytes.end(), std::uint8_t{0});
    ArrayLiteral literal;
    literal.add_bytea(bytes);
    literal.add_bytea({});
    literal.add_null();
    const auto rows = pool_.transact([array = std::move(literal).take()](pqxx::work& transaction) {
        return transaction.exec_params(
            "SELECT value FROM unnest($1::bytea[]) WITH ORDINALITY AS t(value, place) ORDER BY place", array);
    });
    ASSERT_EQ(rows.size(), 3U);
    const pqxx::binarystring received(rows[0][0]);
    EXPECT_TRUE(std::equal(received.begin(), received.end(), bytes.begin(), bytes.end()));
    EXPECT_EQ(pqxx::binarystring(rows[1][0]).size(), 0U);
    EXPECT_TRUE(rows[2][0].is_null());
}

}  // namespace
}  // namespace twinfleet::postgres
