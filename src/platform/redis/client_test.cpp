#include "platform/redis/client.hpp"

#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "platform/errors/store_error.hpp"

namespace twinfleet::redis {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(RedisPool, RefusesAUriThatCannotBeRead) {
    EXPECT_THROW(Pool({.uri = "http://127.0.0.1"}), std::invalid_argument);
}

TEST(RedisPool, IsUnavailableWithoutAServer) {
    // Port 1 (tcpmux) is privileged, and nobody listens there.
    for (const auto* uri : {"redis://somebody:s3cret@127.0.0.1:1/0", "unix:///nowhere/s3cret"}) {
        const Pool pool({.uri = uri});
        EXPECT_EQ(pool.usage().open, 0U);
        try {
            pool.ping();
            FAIL() << "somebody answers at " << uri;
        } catch (const platform::StoreUnavailable& error) {
            EXPECT_EQ(error.store(), "Redis");
            EXPECT_THAT(error.what(), Not(HasSubstr("s3cret")));
        }
        EXPECT_EQ(pool.usage().open, 0U);
        EXPECT_EQ(pool.usage().in_use, 0U);
    }
}

TEST(RedisPool, AnEmptyPipelineNeedsNoServer) {
    EXPECT_TRUE(Pool({.uri = "redis://127.0.0.1:1"}).pipeline({}).empty());
}

TEST(RedisPool, TellsHowManyConnectionsThereMayBe) {
    EXPECT_EQ(Pool({.connections_max = 7}).usage().max, 7U);
    EXPECT_EQ(Pool({.connections_max = 0}).usage().max, 1U);
}

}  // namespace
}  // namespace twinfleet::redis
