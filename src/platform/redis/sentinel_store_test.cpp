// The client behind a sentinel that watches real servers.
#include <atomic>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "platform/errors/store_error.hpp"
#include "platform/redis/client.hpp"
#include "platform/redis/subscriber.hpp"
#include "tests/support/redis_cluster.hpp"

namespace twinfleet::redis {
namespace {

using namespace std::chrono_literals;
using platform::StoreUnavailable;
using twinfleet::testing::await_redis;
using twinfleet::testing::RedisSentinel;
using twinfleet::testing::RedisServer;

class RedisBehindSentinel : public ::testing::Test {
protected:
    RedisBehindSentinel() {
        await_redis("the replica follows", [this] {
            return single(replica_).call({"INFO", "replication"}).text().find("master_link_status:up") !=
                   std::string::npos;
        });
        await_redis("the sentinel knows the replica", [this] {
            return !asked_sentinel_.call({"SENTINEL", "REPLICAS", RedisSentinel::master_name}).items().empty();
        });
    }
    static Pool single(const RedisServer& server) { return Pool({.uri = server.uri(), .command_timeout = 5s}); }

    /// A master waits for further replicas before it sends them everything, 5 s unless it is told otherwise.
    RedisServer master_{RedisServer::Options{.more = {"--repl-diskless-sync-delay", "0"}}};
    RedisServer replica_{RedisServer::Options{
        .more = {"--replicaof", "127.0.0.1", std::to_string(master_.port()), "--repl-diskless-sync-delay", "0"}}};
    RedisSentinel sentinel_{master_};
    const Pool asked_sentinel_{{.uri = "redis://127.0.0.1:" + std::to_string(sentinel_.port())}};
    /// The first of the sentinels it is told of is away.
    const Settings settings_{.uri = "redis-sentinel://127.0.0.1:1,127.0.0.1:" + std::to_string(sentinel_.port()) + "/" +
                                    RedisSentinel::master_name,
                             .connect_timeout = 2s,
                             .command_timeout = 5s,
                             .replica_wait_timeout = 5s};
    const Pool pool_{settings_};
};

TEST_F(RedisBehindSentinel, ServesFromTheMaster) {
    EXPECT_TRUE(pool_.call_replicated({"SET", "key", "a"}).is_replicated);
    EXPECT_EQ(single(replica_).call({"GET", "key"}).text(), "a");
    pool_.ping();
    EXPECT_EQ(pool_.usage().open, 1U);
}

TEST_F(RedisBehindSentinel, FollowsToTheReplicaThatTakesThePlaceOfALostMaster) {
    EXPECT_TRUE(pool_.call_replicated({"SET", "key", "a"}).is_replicated);
    master_.kill();
    EXPECT_THROW(static_cast<void>(pool_.call({"GET", "key"})), StoreUnavailable);
    await_redis("the replica serves", [&] { return pool_.call({"GET", "key"}).text() == "a"; });
    EXPECT_EQ(pool_.call({"SET", "key", "b"}).text(), "OK");
    EXPECT_EQ(single(replica_).call({"GET", "key"}).text(), "b");
}

TEST_F(RedisBehindSentinel, ASubscriberFollowsAsWell) {
    std::atomic<int> subscribed = 0;
    std::atomic<int> heard = 0;
    const Subscriber subscriber(settings_, "channel",
                                {.heard = [&](std::string_view) { ++heard; },
                                 .subscribed = [&] { ++subscribed; },
                                 .lost = [](std::string_view) {}});
    await_redis("it has subscribed", [&] { return subscribed == 1; });
    master_.kill();
    await_redis("it has subscribed again", [&] { return subscribed == 2; });
    await_redis("it hears", [&] {
        static_cast<void>(pool_.call({"PUBLISH", "channel", "text"}));
        return heard > 0;
    });
    EXPECT_EQ(subscribed, 2) << "it stays there";
}

TEST_F(RedisBehindSentinel, LeavesAMasterThatAcceptsNoWritesAnyMore) {
    EXPECT_TRUE(pool_.call_replicated({"SET", "key", "a"}).is_replicated);
    // As after a failover by hand: the roles change, and the connections stay.
    await_redis("the sentinel finds the replica good enough", [&] {
        return asked_sentinel_.call({"SENTINEL", "FAILOVER", RedisSentinel::master_name}).text() == "OK";
    });
    await_redis("the replica serves", [&] {
        return pool_.call({"SET", "key", "b"}).text() == "OK" && single(replica_).call({"GET", "key"}).text() == "b";
    });
    EXPECT_EQ(pool_.call({"GET", "key"}).text(), "b");
}

TEST_F(RedisBehindSentinel, DoesNotServeFromAReplicaThatASentinelTakesForTheMaster) {
    const RedisSentinel mistaken(replica_);
    auto settings = settings_;
    settings.uri = mistaken.uri();
    EXPECT_THROW(Pool(settings).ping(), StoreUnavailable);
}

TEST_F(RedisBehindSentinel, IsUnavailableWhereNobodyKnowsTheMaster) {
    auto settings = settings_;
    settings.uri = "redis-sentinel://127.0.0.1:" + std::to_string(sentinel_.port()) + "/another";
    EXPECT_THROW(Pool(settings).ping(), StoreUnavailable);
    settings.uri = "redis-sentinel://127.0.0.1:1/main";
    EXPECT_THROW(Pool(settings).ping(), StoreUnavailable);
}

TEST_F(RedisBehindSentinel, ShowsTheSentinelsAPasswordOfTheirOwn) {
    const RedisSentinel closed(master_, "s3cret");
    auto settings = settings_;
    settings.uri = closed.uri();
    EXPECT_THROW(Pool(settings).ping(), StoreUnavailable);
    settings.sentinel_password = "s3cret";
    Pool(settings).ping();
}

}  // namespace
}  // namespace twinfleet::redis
