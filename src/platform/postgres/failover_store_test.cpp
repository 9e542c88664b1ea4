// Servers of a test's own, as they stop taking writes, are promoted, and speak TLS.
#include <array>
#include <chrono>
#include <string>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "platform/postgres/errors.hpp"
#include "platform/postgres/pool.hpp"
#include "tests/support/certificates.hpp"
#include "tests/support/postgres_cluster.hpp"
#include "tests/support/temporary_folder.hpp"

namespace twinfleet::postgres {
namespace {

using namespace std::chrono_literals;
using platform::StoreUnavailable;
using ::testing::HasSubstr;
using twinfleet::testing::Identity;
using twinfleet::testing::PostgresCluster;
using twinfleet::testing::TemporaryFolder;

const Pool::Statement count_statement{"count_things", "SELECT count(*) FROM things WHERE id > $1"};

void insert(Pool& pool) {
    pool.transact([](Transaction& transaction) { transaction.execute("INSERT INTO things VALUES (1)"); });
}

int count(Pool& pool) {
    return pool.query(count_statement, std::array<Parameter, 1>{0}).only_value<int>();
}

/// Opens this many connections of a pool, which then are idle.
void open_connections(Pool& pool, int number) {
    pool.transact([&](Transaction& transaction) {
        transaction.execute("SELECT 1");
        if (number > 1) {
            open_connections(pool, number - 1);
        }
    });
}

template <typename Condition>
[[nodiscard]] bool becomes_true(const Condition& condition) {
    const auto deadline = std::chrono::steady_clock::now() + 30s;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > deadline) {
            return false;
        }
        std::this_thread::yield();
    }
    return true;
}

template <typename Call>
[[nodiscard]] bool is_unavailable(const Call& call) {
    try {
        call();
        return false;
    } catch (const StoreUnavailable&) {
        return true;
    }
}

std::string settings_of_both(const PostgresCluster& first, const PostgresCluster& second) {
    return "host=127.0.0.1,127.0.0.1 port=" + std::to_string(first.port()) + "," + std::to_string(second.port()) +
           " user=twinfleet dbname=postgres";
}

/// Changes a setting of all sessions, and waits until a new session has it.
void set_read_only(const std::string& dsn, const char* value) {
    // Allowed although the session may only read.
    Pool administrator({.dsn = dsn + "?target_session_attrs=any"});
    const Pool::Statement set{"set", std::string("ALTER SYSTEM SET default_transaction_read_only = ") + value};
    static_cast<void>(administrator.query(set, {}));
    EXPECT_TRUE(becomes_true([&] {
        static_cast<void>(administrator.query({"reload", "SELECT pg_reload_conf()"}, {}));
        return administrator.query({"show", "SHOW default_transaction_read_only"}, {}).only_value<std::string>() ==
               value;
    }));
}

TEST(PostgresFailover, APrimaryThatTakesNoWritesIsLeftUntilItDoes) {
    const PostgresCluster server;
    Pool pool({.dsn = server.dsn(), .connections_max = 4});
    pool.transact([](Transaction& transaction) { transaction.execute("CREATE TABLE things (id integer)"); });
    open_connections(pool, 3);
    ASSERT_EQ(pool.usage().open, 3U);

    set_read_only(server.dsn(), "on");
    EXPECT_TRUE(becomes_true([&] { return is_unavailable([&] { insert(pool); }); }));
    EXPECT_EQ(pool.usage().open, 0U) << "the others lead to the same server";
    EXPECT_THROW(insert(pool), StoreUnavailable);
    EXPECT_THROW(pool.ping(), StoreUnavailable);
    EXPECT_THROW(static_cast<void>(count(pool)), StoreUnavailable);

    set_read_only(server.dsn(), "off");
    const int before = count(pool);
    insert(pool);
    pool.ping();
    EXPECT_EQ(count(pool), before + 1);
}

TEST(PostgresFailover, AWriteThatMayOnlyReadLeavesTheServer) {
    const PostgresCluster server;
    Pool pool({.dsn = server.dsn(), .connections_max = 4});
    pool.transact([](Transaction& transaction) { transaction.execute("CREATE TABLE things (id integer)"); });
    open_connections(pool, 3);
    try {
        pool.transact([](Transaction& transaction) {
            transaction.execute("SET TRANSACTION READ ONLY");
            transaction.execute("INSERT INTO things VALUES (1)");
        });
        FAIL() << "a transaction that only reads took a write";
    } catch (const ServerUnfit& error) {
        EXPECT_THAT(error.what(), HasSubstr("25006"));
    }
    EXPECT_EQ(pool.usage().open, 0U);
    insert(pool);
    EXPECT_EQ(count(pool), 1);
}

TEST(PostgresFailover, APoolThatOnlyReadsLeavesAPrimaryThatTakesNoWrites) {
    const PostgresCluster server;
    Pool pool({.dsn = server.dsn(), .connections_max = 4});
    pool.transact([](Transaction& transaction) { transaction.execute("CREATE TABLE things (id integer)"); });
    open_connections(pool, 2);
    set_read_only(server.dsn(), "on");
    // The server tells it together with some answer soon after.
    EXPECT_TRUE(becomes_true([&] { return is_unavailable([&] { static_cast<void>(count(pool)); }); }));
    EXPECT_EQ(pool.usage().open, 0U);
}

TEST(PostgresFailover, APoolThatOnlyReadsMayDoSoAtThePrimaryAlone) {
    PostgresCluster first;
    Pool writer({.dsn = first.dsn()});
    writer.transact([](Transaction& transaction) { transaction.execute("CREATE TABLE things (id integer)"); });
    Pool reader({.dsn = first.dsn(), .reads_only = true});
    reader.ping();
    EXPECT_EQ(count(reader), 0);
    EXPECT_EQ(reader.usage().open, 1U);
    EXPECT_THROW(insert(reader), StoreUnavailable);
    EXPECT_EQ(count(reader), 0);

    first.demote();
    EXPECT_THROW(static_cast<void>(count(reader)), StoreUnavailable) << "a standby lags";
    EXPECT_THROW(reader.ping(), StoreUnavailable);
}

TEST(PostgresFailover, APingFindsThatAConnectionMayOnlyRead) {
    const PostgresCluster server;
    Pool pool({.dsn = server.dsn()});
    pool.ping();
    set_read_only(server.dsn(), "on");
    EXPECT_TRUE(becomes_true([&] { return is_unavailable([&] { pool.ping(); }); }));
}

TEST(PostgresFailover, TheNextConnectionGoesToThePromotedStandby) {
    PostgresCluster first;
    Pool pool_of_first({.dsn = first.dsn()});
    pool_of_first.transact([](Transaction& transaction) { transaction.execute("CREATE TABLE things (id integer)"); });
    PostgresCluster second({.standby_of = &first});
    EXPECT_THROW(Pool({.dsn = second.dsn()}).ping(), StoreUnavailable) << "a standby is none to work with";

    Pool pool({.dsn = settings_of_both(first, second), .connections_max = 4});
    insert(pool);
    open_connections(pool, 3);
    Pool pool_of_second({.dsn = second.dsn() + "?target_session_attrs=any"});
    EXPECT_TRUE(becomes_true([&] { return count(pool_of_second) == 1; })) << "what was written arrives";

    pool_of_second.ping();
    EXPECT_EQ(pool_of_second.usage().open, 1U) << "whoever only reads may stay";

    first.demote();
    // Nobody takes writes now.
    EXPECT_THROW(insert(pool), StoreUnavailable);
    EXPECT_EQ(pool.usage().open, 0U);
    EXPECT_THROW(pool.ping(), StoreUnavailable);

    second.promote();
    insert(pool);
    pool.ping();
    EXPECT_EQ(count(pool), 2);
    EXPECT_THROW(pool_of_first.ping(), StoreUnavailable) << "the old primary lives, and takes no writes";
    Pool pool_of_promoted({.dsn = second.dsn()});
    EXPECT_EQ(count(pool_of_promoted), 2);
}

class PostgresTls : public ::testing::Test {
protected:
    PostgresTls() {
        authority_.write_certificate(folder_ / "authority.crt");
        stranger_.write_certificate(folder_ / "stranger.crt");
    }

    [[nodiscard]] std::string dsn(const std::string& host, const std::string& authority) const {
        return "host=" + host + " hostaddr=127.0.0.1 port=" + std::to_string(server_.port()) +
               " user=twinfleet dbname=postgres sslmode=verify-full sslrootcert=" + folder_ / authority;
    }

    const TemporaryFolder folder_;
    const Identity authority_{"authority", nullptr};
    const Identity stranger_{"stranger", nullptr};
    const Identity identity_{"postgres.test", &authority_, "DNS:postgres.test"};
    const PostgresCluster server_{{.identity = &identity_}};
};

TEST_F(PostgresTls, AServerOfATrustedAuthorityIsSpokenToInSecret) {
    Pool pool({.dsn = dsn("postgres.test", "authority.crt")});
    pool.ping();
    EXPECT_TRUE(pool.transact([](Transaction& transaction) {
        return transaction.execute("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()").only_value<bool>();
    }));
}

TEST_F(PostgresTls, AServerOfAnotherAuthorityOrNameIsRefused) {
    for (const auto& [host, authority] :
         {std::pair("postgres.test", "stranger.crt"), std::pair("other.test", "authority.crt")}) {
        Pool pool({.dsn = dsn(host, authority)});
        try {
            pool.ping();
            FAIL() << host << ' ' << authority;
        } catch (const StoreUnavailable& error) {
            EXPECT_THAT(error.what(), HasSubstr("cert"));
        }
    }
}

}  // namespace
}  // namespace twinfleet::postgres
