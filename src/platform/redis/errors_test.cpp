#include "platform/redis/errors.hpp"

#include <gtest/gtest.h>

#include "platform/errors/store_error.hpp"

namespace twinfleet::redis {
namespace {

TEST(RedisErrors, AServerThatCannotServeJustNowIsUnavailable) {
    for (const auto* error :
         {"LOADING Redis is loading the dataset in memory", "MASTERDOWN Link with MASTER is down",
          "READONLY You can't write against a read only replica.", "BUSY Redis is busy running a script.",
          "TRYAGAIN Multiple keys request during rehashing of slot", "CLUSTERDOWN The cluster is down",
          "NOREPLICAS Not enough good replicas to write.", "MISCONF Redis is configured to save RDB snapshots",
          "OOM command not allowed when used memory > 'maxmemory'.", "ERR max number of clients reached", "LOADING"}) {
        EXPECT_THROW(throw_store_error("SET", error), platform::StoreUnavailable) << error;
    }
}

TEST(RedisErrors, AServerWithoutMemoryIsToldApart) {
    EXPECT_THROW(throw_store_error("SET", "OOM command not allowed when used memory > 'maxmemory'."), OutOfMemory);
    EXPECT_THROW(throw_store_error("EVALSHA", "OOM command not allowed when used memory > 'maxmemory'. script: abc"),
                 OutOfMemory);
}

TEST(RedisErrors, OtherAnswersAreRefusals) {
    for (const auto* error : {"ERR syntax error", "WRONGTYPE Operation against a key", "BUSYGROUP exists",
                              "BUSYKEY Target key name already exists.", "NOAUTH Authentication required.", "", "X"}) {
        EXPECT_THROW(throw_store_error("SET", error), platform::StoreRefused) << error;
    }
}

TEST(RedisErrors, KnowAnUnknownScript) {
    EXPECT_TRUE(means_unknown_script("NOSCRIPT No matching script. Please use EVAL."));
    EXPECT_FALSE(means_unknown_script("ERR NOSCRIPT"));
}

TEST(RedisErrors, MessagesHoldNoArguments) {
    EXPECT_EQ(without_arguments("ERR unknown command 'x', with args beginning with: '+79990001122'"),
              "ERR unknown command");
    EXPECT_EQ(without_arguments("ERR unknown command `x`, with args beginning with: `+79990001122`"),
              "ERR unknown command");
    EXPECT_EQ(without_arguments("ERR user_script:1: no such variable: \"a\""), "ERR user_script:1: no such variable");
    EXPECT_EQ(without_arguments("ERR one\r\ntwo"), "ERR one");
    EXPECT_EQ(without_arguments("ERR value is not an integer or out of range"),
              "ERR value is not an integer or out of range");
    EXPECT_EQ(without_arguments(""), "");
    try {
        throw_store_error("SET", "ERR no such option 'token'");
    } catch (const platform::StoreRefused& error) {
        EXPECT_STREQ(error.what(), "Redis refused: SET: ERR no such option (code 0)");
    }
}

}  // namespace
}  // namespace twinfleet::redis
