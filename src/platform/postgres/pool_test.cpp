#include "platform/postgres/pool.hpp"

#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "platform/errors/store_error.hpp"

namespace twinfleet::postgres {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(PostgresPool, RefusesAConnectionStringThatCannotBeParsedWithoutRepeatingIt) {
    for (const auto* dsn :
         {"postgresql://a:s3cret@b:c/d?no_such_option=1", "password=s3cret no_such_option=1", "s3cret"}) {
        try {
            const Pool pool({.dsn = dsn});
            FAIL() << dsn;
        } catch (const std::invalid_argument& error) {
            EXPECT_THAT(error.what(), Not(HasSubstr("s3cret")));
        }
    }
}

TEST(PostgresPool, IsUnavailableWithoutAServer) {
    // Port 1 (tcpmux) is privileged, and nobody listens there.
    Pool pool({.dsn = "postgresql://somebody:s3cret@127.0.0.1:1/nothing"});
    EXPECT_EQ(pool.usage().open, 0U);
    try {
        pool.ping();
        FAIL() << "somebody answers on port 1";
    } catch (const platform::StoreUnavailable& error) {
        EXPECT_EQ(error.store(), "PostgreSQL");
        EXPECT_THAT(error.what(), Not(HasSubstr("s3cret")));
        EXPECT_THAT(error.what(), HasSubstr("Connection refused"));
    }
    EXPECT_EQ(pool.usage().open, 0U);
    EXPECT_EQ(pool.usage().in_use, 0U);
}

TEST(PostgresPool, TellsWhenAPasswordMayTravelInPlain) {
    const auto may = [](const std::string& dsn) { return may_send_password_in_plain({.dsn = dsn}); };
    EXPECT_TRUE(may("postgresql://anna:secret@db.example/fleet"));
    EXPECT_TRUE(may("postgresql://anna:secret@db.example/fleet?sslmode=prefer"));
    EXPECT_TRUE(may("host=127.0.0.1,10.0.0.1 password=secret"));
    EXPECT_TRUE(may("host=localhost hostaddr=10.0.0.1 password=secret"));
    EXPECT_FALSE(may("postgresql://anna:secret@db.example/fleet?sslmode=verify-full"));
    EXPECT_FALSE(may("postgresql://anna:secret@db.example/fleet?sslmode=require"));
    EXPECT_FALSE(may("postgresql://anna:secret@127.0.0.1/fleet"));
    EXPECT_FALSE(may("postgresql://anna:secret@[::1]/fleet"));
    EXPECT_FALSE(may("password=secret host=/var/run/postgresql"));
    EXPECT_FALSE(may("password=secret"));
    EXPECT_FALSE(may("postgresql://anna@db.example/fleet"));
}

TEST(PostgresPool, TellsHowManyConnectionsThereMayBe) {
    EXPECT_EQ(Pool({.connections_max = 7}).usage().max, 7U);
    EXPECT_EQ(Pool({.connections_max = 0}).usage().max, 1U);
}

}  // namespace
}  // namespace twinfleet::postgres
