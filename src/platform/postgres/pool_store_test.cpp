#include <array>
#include <atomic>
#include <chrono>
#include <latch>
#include <limits>
#include <numeric>
#include <stdexcept>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "platform/errors/store_error.hpp"
#include "platform/postgres/array_literal.hpp"
#include "platform/postgres/errors.hpp"
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
        pool_.transact([&](Transaction& transaction) { transaction.execute(sql); });
    }
    std::string value(const std::string& sql) {
        return pool_.transact(
            [&](Transaction& transaction) { return transaction.execute(sql).only_value<std::string>(); });
    }

    PostgresDatabase database_;
    Pool pool_{{.dsn = database_.dsn(), .application_name = "pool test", .connections_max = 2}};
};

TEST_F(PostgresStore, CommitsWhatTheWorkDid) {
    execute("CREATE TABLE things (id integer)");
    const auto inserted = pool_.transact([](Transaction& transaction) {
        return transaction.execute("INSERT INTO things VALUES ($1), ($2)", 1, 2).affected_rows();
    });
    EXPECT_EQ(inserted, 2U);
    EXPECT_EQ(value("SELECT count(*) FROM things"), "2");
}

TEST_F(PostgresStore, CopiesRowsWithTextOfEveryKind) {
    execute("CREATE TABLE things (number integer, name text, made_at timestamptz DEFAULT now())");
    CopyRows rows;
    rows.column("1").column("plain").end_row();
    rows.column("2").column("").end_row();
    rows.column("3").column("\\N a\tb\nc\rd\\. \"e\" Ижевск").end_row();
    pool_.transact([&](Transaction& transaction) {
        transaction.copy("things (number, name)", rows);
        transaction.copy("things (number, name)", CopyRows());
        // The transaction goes on as usual.
        transaction.execute("INSERT INTO things VALUES (4, 'inserted')");
    });
    EXPECT_EQ(value("SELECT string_agg(name, '|' ORDER BY number) FROM things"),
              "plain||\\N a\tb\nc\rd\\. \"e\" Ижевск|inserted");
    EXPECT_EQ(value("SELECT count(made_at) FROM things"), "4");
}

TEST_F(PostgresStore, SendsTimesThatAreReadAsTheyAre) {
    for (const char* time : {"2024-02-29 12:34:56.789012+00", "1969-12-31 23:59:59.999999+00", "infinity", "-infinity",
                             "4713-01-01 00:00:00+00 BC"}) {
        pool_.transact([&](Transaction& transaction) {
            const Result result = transaction.execute(
                "SELECT extract(epoch FROM $1::timestamptz), encode(timestamptz_send($1::timestamptz), 'hex')", time);
            Row row = result.only_row();
            const Time expected = row.time();
            EXPECT_EQ(row.sent_time(), expected) << time;
        });
    }
}

TEST_F(PostgresStore, ACopiedRowThatBreaksAConstraintRefusesAllOfThem) {
    execute("CREATE TABLE things (id integer PRIMARY KEY)");
    execute("INSERT INTO things VALUES (2)");
    CopyRows rows;
    for (const char* id : {"1", "2", "3"}) {
        rows.column(id).end_row();
    }
    const auto copy = [&] { pool_.transact([&](Transaction& transaction) { transaction.copy("things (id)", rows); }); };
    EXPECT_THROW(copy(), UniqueViolation);
    EXPECT_EQ(value("SELECT count(*) FROM things"), "1");
    const auto into_nothing = [&] {
        pool_.transact([&](Transaction& transaction) { transaction.copy("nothing (id)", rows); });
    };
    EXPECT_THROW(into_nothing(), StoreRefused);
    EXPECT_EQ(value("SELECT count(*) FROM things"), "1") << "the connection is as good as before";
}

TEST_F(PostgresStore, RollsBackWhenTheWorkThrows) {
    execute("CREATE TABLE things (id integer)");
    const auto failing = [&] {
        pool_.transact([](Transaction& transaction) {
            transaction.execute("INSERT INTO things VALUES (1)");
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
        pool_.transact([&](Transaction& transaction) { transaction.execute("INSERT INTO things VALUES ($1)", phone); });
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
        pool_.transact([](Transaction& transaction) { transaction.execute("SELECT $1::integer", "+7999x"); });
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
            [&](Transaction& transaction) { return transaction.execute("SHOW " + setting).only_value<std::string>(); });
    };
    EXPECT_EQ(show("application_name"), "named");
    EXPECT_EQ(show("statement_timeout"), "7s");
    EXPECT_EQ(show("geqo"), "off");
}

TEST_F(PostgresStore, AStatementThatTakesTooLongIsUnavailableAndItsConnectionLeft) {
    Pool pool({.dsn = database_.dsn(), .statement_timeout = 50ms});
    try {
        pool.transact([](Transaction& transaction) { transaction.execute("SELECT pg_sleep(60)"); });
        FAIL();
    } catch (const StoreUnavailable& error) {
        EXPECT_THAT(error.what(), HasSubstr("57014"));
    }
    EXPECT_EQ(pool.usage().open, 0U);
}

TEST_F(PostgresStore, ADeadlockIsUnavailable) {
    execute("CREATE TABLE things (id integer); INSERT INTO things VALUES (1), (2)");
    Pool other({.dsn = database_.dsn(), .session_options = "-c deadlock_timeout=10ms"});
    std::atomic<int> unavailable = 0;
    std::latch both_hold_one(2);
    const auto lock = [&](Pool& pool, const char* first, const char* second) {
        try {
            pool.transact([&](Transaction& transaction) {
                transaction.execute(std::string("UPDATE things SET id = id WHERE id = ") + first);
                both_hold_one.arrive_and_wait();
                transaction.execute(std::string("UPDATE things SET id = id WHERE id = ") + second);
            });
        } catch (const StoreUnavailable&) {
            ++unavailable;
        }
    };
    {
        const std::jthread beside([&] { lock(other, "1", "2"); });
        lock(pool_, "2", "1");
    }
    EXPECT_EQ(unavailable, 1);
}

TEST_F(PostgresStore, ATransactionThatFallsSilentGivesItsLocksBack) {
    execute("CREATE TABLE locked (value int)");
    Pool silent({.dsn = database_.dsn(), .idle_in_transaction_timeout = std::chrono::milliseconds(200)});
    EXPECT_THROW(silent.transact([this](Transaction& transaction) {
        transaction.execute("LOCK TABLE locked");
        // Waits until the server has ended the transaction that holds the lock.
        pool_.transact([](Transaction& other) { other.execute("INSERT INTO locked VALUES (1)"); });
        transaction.execute("SELECT 1");
    }),
                 platform::StoreUnavailable);
}

TEST_F(PostgresStore, ReplacesAnIdleConnectionThatBroke) {
    pool_.ping();
    database_.terminate_connections();
    int runs = 0;
    pool_.transact([&](Transaction& transaction) {
        ++runs;
        transaction.execute("SELECT 1");
    });
    EXPECT_EQ(runs, 1);
    EXPECT_EQ(pool_.usage().open, 1U);
}

TEST_F(PostgresStore, DoesNotRepeatWorkWhoseConnectionBroke) {
    int runs = 0;
    const auto broken = [&] {
        pool_.transact([&](Transaction& transaction) {
            ++runs;
            transaction.execute("SELECT 1");
            database_.terminate_connections();
            transaction.execute("SELECT 1");
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
        pool_.transact([&](Transaction& transaction) {
            transaction.execute("INSERT INTO things VALUES (1)");
            database_.terminate_connections();
        });
    };
    EXPECT_THROW(broken(), StoreUnavailable);
    EXPECT_EQ(value("SELECT count(*) FROM things"), "0");
}

TEST_F(PostgresStore, DoesNotReconnectInTheMiddleOfATransaction) {
    execute("CREATE TABLE things (id integer)");
    const auto broken = [&] {
        pool_.transact([&](Transaction& transaction) {
            database_.terminate_connections();
            try {
                transaction.execute("SELECT 1");
            } catch (const StoreUnavailable&) {
            }
            transaction.execute("INSERT INTO things VALUES (1)");
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
        pool.transact([&](Transaction& transaction) {
            inside.count_down();
            transaction.execute("SELECT pg_sleep(0.2)");
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
    pool.transact([&](Transaction&) { EXPECT_THROW(pool.ping(), StoreUnavailable); });
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
                    pool_.transact([&](Transaction& transaction) {
                        transaction.execute("INSERT INTO things VALUES ($1)", thread * rounds + round);
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
    const auto rows = pool_.transact([array = std::move(literal).take()](Transaction& transaction) {
        return transaction.execute(
            "SELECT value FROM unnest($1::text[]) WITH ORDINALITY AS t(value, place) ORDER BY place", array);
    });
    ASSERT_EQ(rows.size(), texts.size() + 1);
    for (std::size_t index = 0; index < texts.size(); ++index) {
        EXPECT_EQ(rows[index].text(), texts[index]);
    }
    EXPECT_TRUE(rows[texts.size()].is_null());
}

TEST_F(PostgresStore, ArraysOfBytesArriveAsTheyWere) {
    std::array<std::uint8_t, 256> bytes{};
    std::iota(bytes.begin(), bytes.end(), std::uint8_t{0});
    ArrayLiteral literal;
    literal.add_bytea(bytes);
    literal.add_bytea({});
    literal.add_null();
    const auto rows = pool_.transact([array = std::move(literal).take()](Transaction& transaction) {
        return transaction.execute(
            "SELECT encode(value, 'hex') FROM unnest($1::bytea[]) WITH ORDINALITY AS t(value, place) ORDER BY place",
            array);
    });
    ASSERT_EQ(rows.size(), 3U);
    EXPECT_EQ(rows[0].optional_bytes<256>(), bytes);
    EXPECT_EQ(rows[1].text(), "");
    EXPECT_FALSE(rows[1].is_null());
    EXPECT_TRUE(rows[2].is_null());
}

TEST_F(PostgresStore, ParametersOfEveryKindArriveAsTheyWere) {
    const auto result = pool_.transact([](Transaction& transaction) {
        return transaction.execute(
            "SELECT $1::text, $2::bigint, $3::bigint, $4::boolean, $5::float8, $6::text IS NULL, $7::text, $8::text",
            std::string("it's"), std::numeric_limits<std::int64_t>::min(), std::uint16_t{65'535}, true, 0.1,
            std::nullopt, std::optional<std::string_view>("there"), std::optional<std::string>());
    });
    Row row = result.only_row();
    EXPECT_EQ(row.text(), "it's");
    EXPECT_EQ(row.number<std::int64_t>(), std::numeric_limits<std::int64_t>::min());
    EXPECT_EQ(row.number<int>(), 65'535);
    EXPECT_TRUE(row.boolean());
    EXPECT_EQ(row.number<double>(), 0.1);
    EXPECT_TRUE(row.boolean());
    EXPECT_EQ(row.optional_text(), "there");
    EXPECT_EQ(row.optional_text(), std::nullopt);
}

TEST_F(PostgresStore, TimesArriveToTheMicrosecond) {
    const std::string sql = "SELECT extract(epoch FROM " + std::string(time_of_microseconds) + "$1::bigint)";
    for (const std::int64_t count : {0LL, 1LL, -1LL, 999'999LL, -1'500'000LL, 1'700'000'000'123'456LL,
                                     9'000'000'000'000'000LL, -9'000'000'000'000'000LL}) {
        const Time time{std::chrono::microseconds(count)};
        const auto arrived = pool_.transact(
            [&](Transaction& transaction) { return transaction.execute(sql, microseconds(time)).only_value<Time>(); });
        EXPECT_EQ(arrived, time) << count;
    }
    const auto infinite = pool_.transact([](Transaction& transaction) {
        return transaction.execute("SELECT extract(epoch FROM '-infinity'::timestamptz)").only_value<Time>();
    });
    EXPECT_EQ(infinite, Time::min());
}

TEST_F(PostgresStore, ATextWithNulIsRefusedAndTheConnectionStays) {
    EXPECT_THROW(pool_.transact([](Transaction& transaction) {
        return transaction.execute("SELECT $1", std::string_view("a\0b", 3));
    }),
                 StoreRefused);
    pool_.ping();
    EXPECT_EQ(pool_.usage().open, 1U);
}

TEST_F(PostgresStore, AResultOutlivesItsTransactionAndConnection) {
    std::optional<Pool> pool(std::in_place, Settings{.dsn = database_.dsn()});
    const auto rows = pool->transact([](Transaction& transaction) {
        return transaction.execute("SELECT 'text ' || n, n FROM generate_series(1, 1000) AS n ORDER BY n");
    });
    pool.reset();
    ASSERT_EQ(rows.size(), 1'000U);
    int number = 0;
    for (Row row : rows) {
        ++number;
        EXPECT_EQ(row.text(), "text " + std::to_string(number));
        EXPECT_EQ(row.number<int>(), number);
    }
    EXPECT_EQ(number, 1'000);
}

TEST_F(PostgresStore, BrokenConstraintsAreToldByType) {
    execute("CREATE TABLE things (id integer PRIMARY KEY, of integer REFERENCES things)");
    pool_.transact([](Transaction& transaction) {
        transaction.execute("INSERT INTO things VALUES ($1, NULL)", 1);
        transaction.execute("SAVEPOINT here");
        EXPECT_THROW(transaction.execute("INSERT INTO things VALUES ($1, NULL)", 1), UniqueViolation);
        transaction.execute("ROLLBACK TO SAVEPOINT here");
        EXPECT_THROW(transaction.execute("INSERT INTO things VALUES ($1, 7)", 2), ForeignKeyViolation);
        transaction.execute("ROLLBACK TO SAVEPOINT here");
    });
    EXPECT_EQ(value("SELECT count(*) FROM things"), "1");
}

TEST_F(PostgresStore, CountsTheRowsOfAStatementWithoutColumns) {
    const auto counts = pool_.transact([](Transaction& transaction) {
        return std::pair(transaction.execute("SELECT FROM generate_series(1, 3)").size(),
                         transaction.execute("SELECT FROM generate_series(1, 0)").size());
    });
    EXPECT_EQ(counts, std::pair(std::size_t{3}, std::size_t{0}));
}

TEST_F(PostgresStore, QuotesTextsAndNames) {
    const auto arrived = pool_.transact([](Transaction& transaction) {
        const std::string name = transaction.quoted_name("a \"b\"");
        return transaction
            .execute("SELECT " + name + " FROM (SELECT " + transaction.quoted("it's \\ \"x\"") + " AS " + name +
                     ") AS made")
            .only_value<std::string>();
    });
    EXPECT_EQ(arrived, "it's \\ \"x\"");
}

TEST_F(PostgresStore, APreparedStatementIsSentAgainWhenItsConnectionBroke) {
    const Pool::Statement twice{"twice", "SELECT 2 * $1::int"};
    const std::array<Parameter, 1> parameters{21};
    EXPECT_EQ(pool_.query(twice, parameters).only_value<int>(), 42);
    EXPECT_EQ(pool_.query(twice, parameters).only_value<int>(), 42);
    database_.terminate_connections();
    EXPECT_EQ(pool_.query(twice, parameters).only_value<int>(), 42);
    EXPECT_EQ(pool_.usage().open, 1U);
    const Pool::Statement bad{"bad", "SELECT 1 / $1::int"};
    EXPECT_THROW((void)pool_.query(bad, std::array<Parameter, 1>{0}), StoreRefused);
    EXPECT_EQ(pool_.query(twice, parameters).only_value<int>(), 42);
}

}  // namespace
}  // namespace twinfleet::postgres
