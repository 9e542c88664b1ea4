#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "capabilities/driver_cache/newcomers/newcomers_redis.hpp"
#include "platform/concurrency/backoff.hpp"
#include "platform/log/capturing_logger.hpp"
#include "tests/support/redis_server.hpp"

namespace twinfleet::driver_cache {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::SizeIs;
using twinfleet::testing::RedisServer;

bool becomes(const std::function<bool()>& condition) {
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > deadline) {
            return false;
        }
        platform::wait_for({}, 1ms);
    }
    return true;
}

redis::Settings settings_of(const RedisServer& server) {
    return {.uri = server.uri(), .connect_timeout = 2s, .command_timeout = 2s};
}

/// One replica, which notes whom it read.
struct Replica {
    explicit Replica(const RedisServer& server)
        : pool(settings_of(server)),
          newcomers(pool, settings_of(server), {.reconnect_first = 5ms, .reconnect_longest = 50ms}, reader, registry,
                    log) {}

    [[nodiscard]] bool is_subscribed() {
        return registry
                   .gauge("driver_cache_news_subscribed",
                          "1 while this replica hears what others tell about new drivers")
                   .value() == 1;
    }
    [[nodiscard]] double counted(std::string_view outcome) {
        return registry
            .counters("driver_cache_news_total", "What replicas tell each other about new drivers", {"outcome"})
            .with({outcome})
            .value();
    }
    [[nodiscard]] std::vector<std::string> reads() {
        return read.with([](const auto& ids) { return ids; });
    }

    platform::SystemClock clock;
    log::CapturingLogger log;
    metrics::Registry registry;
    platform::Guarded<std::vector<std::string>> read;
    redis::Pool pool;
    NewcomerReader reader{{.wait = 20s},
                          [this](std::span<const std::string> ids) {
                              read.with([&](auto& all) { all.insert(all.end(), ids.begin(), ids.end()); });
                          },
                          clock,
                          registry,
                          log};
    RedisNewcomers newcomers;
};

TEST(NewcomersStore, AreReadByAllReplicasOnce) {
    const RedisServer server;
    Replica one(server);
    Replica two(server);
    Replica three(server);
    ASSERT_TRUE(becomes([&] { return one.is_subscribed() && two.is_subscribed() && three.is_subscribed(); }));
    EXPECT_TRUE(one.newcomers.announce("a"));
    EXPECT_THAT(one.reads(), ElementsAre("a")) << "read when the call returns";
    ASSERT_TRUE(becomes([&] { return two.reads().size() == 1 && three.reads().size() == 1; }));
    EXPECT_THAT(two.reads(), ElementsAre("a"));
    // What the first one hears of itself has come before this.
    EXPECT_TRUE(two.newcomers.announce("b"));
    ASSERT_TRUE(becomes([&] { return one.reads().size() >= 2 && three.reads().size() == 2; }));
    EXPECT_THAT(one.reads(), ElementsAre("a", "b"));
    EXPECT_EQ(one.counted("sent"), 1);
    EXPECT_EQ(one.counted("heard"), 1);
    EXPECT_EQ(three.counted("heard"), 2);
}

TEST(NewcomersStore, WhoIsLookedForIsNobodysNews) {
    const RedisServer server;
    Replica one(server);
    Replica two(server);
    ASSERT_TRUE(becomes([&] { return one.is_subscribed() && two.is_subscribed(); }));
    EXPECT_TRUE(one.newcomers.look_for("a"));
    EXPECT_TRUE(one.newcomers.announce("b"));
    ASSERT_TRUE(becomes([&] { return !two.reads().empty(); }));
    EXPECT_THAT(two.reads(), ElementsAre("b"));
}

TEST(NewcomersStore, NewsThatCannotBeReadAreCounted) {
    const RedisServer server;
    Replica one(server);
    Replica two(server);
    ASSERT_TRUE(becomes([&] { return one.is_subscribed(); }));
    for (const char* message : {"", "no json", R"({"ids": ["a"]})"}) {
        static_cast<void>(two.pool.call({"PUBLISH", RedisNewcomers::channel, message}));
    }
    static_cast<void>(two.newcomers.announce("b"));
    ASSERT_TRUE(becomes([&] { return !one.reads().empty(); }));
    EXPECT_THAT(one.reads(), ElementsAre("b"));
    EXPECT_EQ(one.counted("malformed"), 3);
    EXPECT_EQ(one.counted("heard"), 1);
}

TEST(NewcomersStore, AreReadHereWhileRedisIsAwayAndHeardOfAgainWhenItIsBack) {
    RedisServer server;
    Replica one(server);
    Replica two(server);
    ASSERT_TRUE(becomes([&] { return one.is_subscribed() && two.is_subscribed(); }));
    server.kill();
    EXPECT_TRUE(one.newcomers.announce("a"));
    EXPECT_EQ(one.counted("not_sent"), 1);
    ASSERT_TRUE(becomes([&] { return !one.is_subscribed() && !two.is_subscribed(); }));
    EXPECT_THAT(two.log.entries("news of new drivers are not heard"), SizeIs(1));
    server.restart();
    ASSERT_TRUE(becomes([&] { return one.is_subscribed() && two.is_subscribed(); }));
    EXPECT_TRUE(one.newcomers.announce("b"));
    ASSERT_TRUE(becomes([&] { return !two.reads().empty(); }));
    EXPECT_THAT(two.reads(), ElementsAre("b")) << "what was told meanwhile comes with a pass";
}

TEST(NewcomersStore, AUserWhoMayNotPublishIsToldOfOnce) {
    const RedisServer server;
    Replica one(server);
    static_cast<void>(one.pool.call({"ACL", "SETUSER", "default", "resetchannels"}));
    for (int i = 0; i < 3; ++i) {
        EXPECT_TRUE(one.newcomers.announce("a"));
    }
    EXPECT_EQ(one.counted("not_sent"), 3);
    EXPECT_THAT(one.log.entries("news of new drivers are refused"), SizeIs(1));
}

}  // namespace
}  // namespace twinfleet::driver_cache
