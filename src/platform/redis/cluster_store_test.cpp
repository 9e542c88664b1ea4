// The client against a Redis Cluster of real servers.
#include <algorithm>
#include <atomic>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "platform/errors/store_error.hpp"
#include "platform/redis/client.hpp"
#include "platform/redis/slots.hpp"
#include "platform/redis/subscriber.hpp"
#include "tests/support/redis_cluster.hpp"

namespace twinfleet::redis {
namespace {

using namespace std::chrono_literals;
using platform::StoreUnavailable;
using ::testing::HasSubstr;
using twinfleet::testing::await_redis;
using twinfleet::testing::patient_redis_settings;
using twinfleet::testing::RedisCluster;

std::string numbered_key(int number) {
    return "key:{" + std::to_string(number) + '}';
}

/// One for all tests that leave it as it was.
RedisCluster& shared_cluster() {
    static RedisCluster cluster({.masters = 3});
    return cluster;
}

class RedisClusterStore : public ::testing::Test {
protected:
    RedisClusterStore() {
        for (std::size_t i = 0; i < cluster_.size(); ++i) {
            static_cast<void>(cluster_.node(i).call({"FLUSHALL"}));
            static_cast<void>(cluster_.node(i).call({"SCRIPT", "FLUSH"}));
            static_cast<void>(cluster_.node(i).call({"CONFIG", "RESETSTAT"}));
        }
    }
    /// How often the nodes were asked where the slots are.
    [[nodiscard]] int slots_asked() const {
        int asked = 0;
        for (std::size_t i = 0; i < cluster_.size(); ++i) {
            const auto stats = cluster_.node(i).call({"INFO", "commandstats"}).text();
            const std::string line = "cmdstat_cluster|slots:calls=";
            if (const auto found = stats.find(line); found != std::string::npos) {
                asked += std::stoi(stats.substr(found + line.size()));
            }
        }
        return asked;
    }
    void set_slot(std::size_t node, std::uint16_t slot, const char* state, std::size_t other) const {
        static_cast<void>(
            cluster_.node(node).call({"CLUSTER", "SETSLOT", std::to_string(slot), state, cluster_.id(other)}));
    }
    void migrate(std::size_t from, std::size_t to, const std::string& key) const {
        static_cast<void>(cluster_.node(from).call(
            {"MIGRATE", "127.0.0.1", std::to_string(cluster_.server(to).port()), key, "0", "5000"}));
    }
    /// To every node, so that all agree at once.
    void give_slot(std::uint16_t slot, std::size_t owner) const {
        set_slot(owner, slot, "NODE", owner);
        for (std::size_t i = 0; i < cluster_.size(); ++i) {
            set_slot(i, slot, "NODE", owner);
        }
    }

    RedisCluster& cluster_ = shared_cluster();
    const Pool pool_{patient_redis_settings(cluster_.uri())};
};

TEST_F(RedisClusterStore, AgreesWithTheServersOnSlots) {
    std::string bytes;
    for (int byte = 255; byte >= 0; --byte) {
        bytes += static_cast<char>(byte);
    }
    for (const std::string& key : {std::string("a"), std::string("{}x"), std::string("a{b}c"), std::string("{a"),
                                   std::string("}{a}"), std::string("{{a}}"), std::string("\0{\0}", 4), bytes}) {
        EXPECT_EQ(cluster_.node(0).call({"CLUSTER", "KEYSLOT", key}).integer(), slot_of_key(key)) << key;
    }
}

TEST_F(RedisClusterStore, AnswersAPipelineOverAllNodesInItsOrder) {
    constexpr int count = 2'000;
    std::vector<Command> commands;
    for (int i = 0; i < count; ++i) {
        commands.push_back({"SET", numbered_key(i), std::to_string(i)});
        commands.push_back({"GET", numbered_key(i)});
    }
    const auto replies = pool_.pipeline(commands);
    ASSERT_EQ(replies.size(), commands.size());
    for (int i = 0; i < count; ++i) {
        ASSERT_EQ(replies[static_cast<std::size_t>(2 * i + 1)].text(), std::to_string(i));
    }
    for (std::size_t i = 0; i < cluster_.size(); ++i) {
        EXPECT_GT(cluster_.node(i).call({"DBSIZE"}).integer(), count / 10);
    }
    EXPECT_EQ(pool_.usage().open, 3U);
    EXPECT_EQ(pool_.usage().in_use, 0U);
    EXPECT_EQ(pool_.usage().max, 96U);
    EXPECT_EQ(slots_asked(), 1) << "the slots are asked for once";
}

TEST_F(RedisClusterStore, LoadsAScriptOnEveryNodeThatDoesNotKnowIt) {
    const Script script("return redis.call('INCRBY', KEYS[1], ARGV[1])");
    const std::vector<std::string> arguments{"1"};
    std::vector<Command> commands;
    for (int i = 0; i < 100; ++i) {
        const std::vector<std::string> keys{numbered_key(i)};
        commands.emplace_back(script, keys, arguments);
    }
    for (int round = 1; round <= 3; ++round) {
        for (const auto& reply : pool_.pipeline(commands)) {
            EXPECT_EQ(reply.integer(), round);
        }
        static_cast<void>(cluster_.node(static_cast<std::size_t>(round - 1)).call({"SCRIPT", "FLUSH"}));
    }
}

TEST_F(RedisClusterStore, SaysThatACommandCannotBeServed) {
    EXPECT_THROW(static_cast<void>(pool_.call({"KEYS", "*"})), std::logic_error);
    EXPECT_THROW(static_cast<void>(pool_.call({"MGET", numbered_key(1), numbered_key(2)})), std::logic_error);
    const Script script("return 1");
    EXPECT_THROW(static_cast<void>(pool_.call(Command(script, {}, {}))), std::logic_error);
    pool_.ping();
}

TEST_F(RedisClusterStore, ThrowsTheFirstErrorOfAPipelineOnceAllOfItIsDone) {
    const std::vector<Command> commands{{"SET", "text:{1}", "a"}, {"INCR", "text:{1}"}, {"SET", "behind:{2}", "b"}};
    EXPECT_THROW(static_cast<void>(pool_.pipeline(commands)), platform::StoreRefused);
    EXPECT_EQ(pool_.call({"GET", "behind:{2}"}).text(), "b");
    EXPECT_LE(pool_.usage().open, 2U);
}

TEST_F(RedisClusterStore, FollowsASlotThatHasMovedAndSeldomAsksForTheSlots) {
    const std::string key = "moving:{slot}";
    const auto slot = slot_of_key(key);
    const auto from = cluster_.owner_of(key);
    const auto to = (from + 1) % 3;
    static_cast<void>(pool_.call({"SET", key, "a"}));
    set_slot(to, slot, "IMPORTING", from);
    set_slot(from, slot, "MIGRATING", to);
    migrate(from, to, key);
    give_slot(slot, to);
    EXPECT_EQ(pool_.call({"GET", key}).text(), "a");
    const auto asked = slots_asked();
    std::atomic<int> wrong = 0;
    {
        std::vector<std::jthread> users;
        for (int thread = 0; thread < 8; ++thread) {
            users.emplace_back([&] {
                for (int round = 0; round < 50; ++round) {
                    wrong += pool_.call({"GET", key}).text() == "a" ? 0 : 1;
                }
            });
        }
    }
    EXPECT_EQ(wrong, 0);
    // Once, or again where a node had not heard of it yet; not at each of the 400 calls.
    EXPECT_LT(slots_asked() - asked, 8);

    set_slot(from, slot, "IMPORTING", to);
    set_slot(to, slot, "MIGRATING", from);
    migrate(to, from, key);
    give_slot(slot, from);
    EXPECT_EQ(pool_.call({"GET", key}).text(), "a") << "and back";
}

TEST_F(RedisClusterStore, FindsKeysOfASlotThatIsOnItsWay) {
    const std::string here = "here:{way}";
    const std::string there = "there:{way}";
    const auto slot = slot_of_key(here);
    const auto from = cluster_.owner_of(here);
    const auto to = (from + 1) % 3;
    static_cast<void>(pool_.call({"SET", here, "a"}));
    static_cast<void>(pool_.call({"SET", there, "b"}));
    set_slot(to, slot, "IMPORTING", from);
    set_slot(from, slot, "MIGRATING", to);
    migrate(from, to, there);
    const Script read("return redis.call('GET', KEYS[1])");
    const std::vector<std::string> keys{there};
    const std::vector<Command> commands{{"GET", there}, {"GET", here}, Command(read, keys, {}), {"APPEND", there, "c"}};
    const auto replies = pool_.pipeline(commands);
    EXPECT_EQ(replies[0].text(), "b");
    EXPECT_EQ(replies[1].text(), "a");
    EXPECT_EQ(replies[2].text(), "bc") << "once its script was loaded";
    EXPECT_EQ(replies[3].integer(), 2);
    // Neither node has both.
    EXPECT_THROW(static_cast<void>(pool_.call({"MGET", here, there})), StoreUnavailable);
    const auto keep_slot = [&](std::size_t node) {
        static_cast<void>(cluster_.node(node).call({"CLUSTER", "SETSLOT", std::to_string(slot), "STABLE"}));
    };
    keep_slot(from);
    migrate(to, from, there);
    keep_slot(to);
    EXPECT_EQ(pool_.call({"GET", there}).text(), "bc");
}

TEST_F(RedisClusterStore, IsUnavailableWithinItsTimeWhileANodeHangs) {
    const Pool pool({.uri = cluster_.uri(), .connect_timeout = 500ms, .command_timeout = 500ms});
    std::vector<std::string> keys(3);
    std::vector<Command> commands;
    for (int i = 0; i < 50; ++i) {
        keys[cluster_.owner_of(numbered_key(i))] = numbered_key(i);
        commands.push_back({"INCR", numbered_key(i)});
    }
    static_cast<void>(pool.pipeline(commands));
    cluster_.server(1).pause();
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_THROW(static_cast<void>(pool.pipeline(commands)), StoreUnavailable);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 10s);
    EXPECT_EQ(cluster_.node(0).call({"GET", keys[0]}).text(), "2") << "the others did their part";
    EXPECT_EQ(pool.call({"GET", keys[0]}).text(), "2") << "and go on";
    EXPECT_EQ(pool.call({"GET", keys[2]}).text(), "2");
    EXPECT_THROW(static_cast<void>(pool.call({"GET", keys[1]})), StoreUnavailable);
    pool.ping();
    cluster_.server(1).resume();
    await_redis("the node serves again", [&] { return !pool.call({"GET", keys[1]}).is_nil(); });
}

TEST_F(RedisClusterStore, ANodeThatHangsTakesTheAnswersAwayFromItsOwnCommandsAlone) {
    const Pool pool({.uri = cluster_.uri(), .connect_timeout = 500ms, .command_timeout = 500ms});
    const Script script("return redis.call('INCR', KEYS[1])");
    std::vector<Command> commands;
    for (int i = 0; i < 50; ++i) {
        const std::vector<std::string> keys{numbered_key(i)};
        commands.emplace_back(script, keys, std::vector<std::string>{});
    }
    const auto expect = [&](bool is_away) {
        const auto outcomes = pool.pipeline_each(commands);
        ASSERT_EQ(outcomes.size(), commands.size());
        for (int i = 0; i < 50; ++i) {
            const auto& outcome = outcomes[static_cast<std::size_t>(i)];
            if (is_away && cluster_.owner_of(numbered_key(i)) == 1) {
                EXPECT_THROW(static_cast<void>(outcome.value()), StoreUnavailable) << i;
            } else {
                EXPECT_GT(outcome.value().integer(), 0) << i;
            }
        }
    };
    expect(false);
    cluster_.server(1).pause();
    const auto begin = std::chrono::steady_clock::now();
    expect(true);
    // Now its connections are gone, and there is no other one to be had.
    expect(true);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 20s);
    cluster_.server(1).resume();
    await_redis("the node serves again", [&] {
        return std::ranges::all_of(pool.pipeline_each(commands),
                                   [](const auto& outcome) { return outcome.failure() == nullptr; });
    });
}

TEST_F(RedisClusterStore, IsUnavailableWithoutANode) {
    const Pool pool({.uri = "redis-cluster://127.0.0.1:1,127.0.0.1:2"});
    EXPECT_THROW(pool.ping(), StoreUnavailable);
    EXPECT_THROW(static_cast<void>(pool.call({"GET", "a"})), StoreUnavailable);
    EXPECT_EQ(pool.usage().open, 0U);
}

TEST_F(RedisClusterStore, DoesNotTakeASingleServerForACluster) {
    twinfleet::testing::RedisServer server;
    const Pool pool({.uri = "redis-cluster://127.0.0.1:" + std::to_string(server.port())});
    EXPECT_THROW(pool.ping(), platform::StoreRefused) << "the person on call reads what is wrong";
}

TEST_F(RedisClusterStore, WhatIsPublishedIsHeardOnEveryNode) {
    std::vector<std::unique_ptr<Subscriber>> subscribers;
    std::atomic<int> subscribed = 0;
    std::atomic<int> heard = 0;
    for (std::size_t i = 0; i < cluster_.size(); ++i) {
        const auto port = std::to_string(cluster_.server(i).port());
        subscribers.push_back(
            std::make_unique<Subscriber>(patient_redis_settings("redis-cluster://127.0.0.1:" + port), "channel",
                                         Subscriber::Listener{.heard = [&](std::string_view) { ++heard; },
                                                              .subscribed = [&] { ++subscribed; },
                                                              .lost = [](std::string_view) {}}));
    }
    await_redis("all have subscribed", [&] { return subscribed == 3; });
    static_cast<void>(pool_.call({"PUBLISH", "channel", "text"}));
    await_redis("all have heard", [&] { return heard >= 3; });
    EXPECT_EQ(heard, 3) << "each once";
}

TEST_F(RedisClusterStore, ASubscriberLeavesANodeThatHangs) {
    std::atomic<int> subscribed = 0;
    std::atomic<int> lost = 0;
    const Subscriber subscriber({.uri = cluster_.uri(), .connect_timeout = 300ms, .command_timeout = 300ms}, "channel",
                                {.heard = [](std::string_view) {},
                                 .subscribed = [&] { ++subscribed; },
                                 .lost = [&](std::string_view) { ++lost; }},
                                {.ping_interval = 50ms, .reconnect_first = 5ms, .reconnect_longest = 50ms});
    await_redis("it has subscribed", [&] { return subscribed >= 1; });
    for (std::size_t i = 0; i < cluster_.size(); ++i) {
        const int before = subscribed;
        const bool is_here = cluster_.node(i).call({"PUBSUB", "NUMSUB", "channel"}).items().at(1).integer() > 0;
        cluster_.server(i).pause();
        if (is_here) {
            await_redis("it has subscribed elsewhere", [&] { return subscribed > before && lost > 0; });
        }
        cluster_.server(i).resume();
    }
    EXPECT_GE(lost, 1);
}

/// Masters that get lost.
class RedisFailover : public ::testing::Test {
protected:
    /// One for both tests, as it takes a while to start; each of them loses a master of its own.
    static RedisCluster& cluster() {
        static RedisCluster cluster({.masters = 3, .replicas_of_each = 1, .node_timeout = 1'500ms});
        return cluster;
    }
    [[nodiscard]] std::string key_of(std::size_t master) const {
        int number = 0;
        while (cluster_.owner_of(numbered_key(number)) != master) {
            ++number;
        }
        return numbered_key(number);
    }

    RedisCluster& cluster_ = cluster();
    const Pool pool_{{.uri = cluster_.uri(), .connect_timeout = 2s, .command_timeout = 5s, .replica_wait_timeout = 5s}};
};

TEST_F(RedisFailover, AReplicaTakesThePlaceOfALostMasterWithWhatWasReplicated) {
    constexpr std::size_t lost = 0;
    constexpr std::size_t replica = 3;
    const std::string key = key_of(lost);
    const std::string other = key_of(2);
    const Pool of_old({.uri = cluster_.uri(), .command_timeout = 5s, .replica_wait_timeout = 5s});
    EXPECT_TRUE(of_old.call({"GET", key}).is_nil());
    const auto written = pool_.call_replicated({"SET", key, "a"});
    EXPECT_EQ(written.reply.text(), "OK");
    EXPECT_TRUE(written.is_replicated);
    cluster_.server(lost).kill();
    EXPECT_THROW(static_cast<void>(pool_.call({"GET", key})), StoreUnavailable);
    static_cast<void>(pool_.call({"SET", other, "b"}));
    pool_.ping();
    await_redis("the replica serves", [&] { return pool_.call({"GET", key}).text() == "a"; });
    EXPECT_TRUE(cluster_.is_master(replica));

    // It has no replica of its own yet.
    const Pool impatient({.uri = cluster_.uri(), .command_timeout = 5s, .replica_wait_timeout = 50ms});
    const auto alone = impatient.call_replicated({"SET", key, "c"});
    EXPECT_EQ(alone.reply.text(), "OK");
    EXPECT_FALSE(alone.is_replicated);

    // The old master comes back as a replica, and is asked for nothing.
    cluster_.server(lost).restart();
    await_redis("the old master follows", [&] { return !cluster_.is_master(lost); });
    EXPECT_EQ(pool_.call({"GET", key}).text(), "c");
    await_redis("it has what was written", [&] { return impatient.call_replicated({"SET", key, "d"}).is_replicated; });

    // Who asks the old one is sent on, and the replicas that count are those of the new one.
    const auto moved = of_old.call_replicated({"SET", key, "e"});
    EXPECT_EQ(moved.reply.text(), "OK");
    EXPECT_TRUE(moved.is_replicated);
}

TEST_F(RedisFailover, AQuietPoolFindsTheNewMasterAtItsFirstCall) {
    constexpr std::size_t lost = 1;
    constexpr std::size_t replica = 4;
    const std::string key = key_of(lost);
    EXPECT_TRUE(pool_.call_replicated({"SET", key, "a"}).is_replicated);
    cluster_.server(lost).kill();
    const auto knows_the_new_one = [&](std::size_t node) {
        const auto slots = cluster_.node(node).call({"CLUSTER", "SLOTS"});
        return std::ranges::none_of(slots.items(), [&](const Reply& range) {
            return range.items().at(2).items().at(1).integer() == cluster_.server(lost).port();
        });
    };
    await_redis("all nodes know the new master", [&] {
        bool is_known = cluster_.is_master(replica);
        for (std::size_t node = 0; node < cluster_.size(); ++node) {
            is_known = is_known && (node == lost || knows_the_new_one(node));
        }
        return is_known;
    });
    EXPECT_EQ(pool_.call({"GET", key}).text(), "a");
}

}  // namespace
}  // namespace twinfleet::redis
