// The client against servers that speak TLS alone.
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "platform/errors/store_error.hpp"
#include "platform/redis/client.hpp"
#include "tests/support/redis_cluster.hpp"
#include "tests/support/redis_tls.hpp"

namespace twinfleet::redis {
namespace {

using namespace std::chrono_literals;
using platform::StoreUnavailable;
using ::testing::HasSubstr;
using twinfleet::testing::RedisCluster;
using twinfleet::testing::RedisServer;
using twinfleet::testing::RedisTls;

class RedisOverTls : public ::testing::Test {
protected:
    [[nodiscard]] Settings settings(std::string uri) const {
        return {.uri = std::move(uri), .tls = tls_.client(), .connect_timeout = 20s, .command_timeout = 20s};
    }
    static std::string failure(const Settings& settings) {
        try {
            Pool(settings).ping();
        } catch (const StoreUnavailable& error) {
            return error.what();
        }
        return "none";
    }

    RedisTls tls_;
    RedisServer server_{RedisServer::Options{.tls = &tls_}};
};

TEST_F(RedisOverTls, CarriesLongPipelinesOfLargeValues) {
    const Pool pool(settings(server_.uri()));
    const std::string value(std::size_t{1} << 20, 'x');
    std::vector<Command> commands;
    for (int i = 0; i < 20; ++i) {
        commands.push_back({"SET", std::to_string(i), value});
        commands.push_back({"GET", std::to_string(i)});
    }
    const auto replies = pool.pipeline(commands);
    for (std::size_t i = 1; i < replies.size(); i += 2) {
        ASSERT_EQ(replies[i].text(), value);
    }
    EXPECT_EQ(pool.usage().open, 1U);
}

TEST_F(RedisOverTls, UsesAConnectionAgainAndReplacesOneThatBroke) {
    const Pool pool(settings(server_.uri()));
    pool.ping();
    const auto id = pool.call({"CLIENT", "ID"}).integer();
    EXPECT_EQ(pool.call({"CLIENT", "ID"}).integer(), id);
    static_cast<void>(Pool(settings(server_.uri())).call({"CLIENT", "KILL", "SKIPME", "yes"}));
    EXPECT_NE(pool.call({"CLIENT", "ID"}).integer(), id);
    EXPECT_EQ(pool.usage().open, 1U);
}

TEST_F(RedisOverTls, RefusesAServerOfAnotherAuthority) {
    auto mistrustful = settings(server_.uri());
    mistrustful.tls = tls_.mistrustful_client();
    EXPECT_THAT(failure(mistrustful), HasSubstr("certificate is not trusted"));
    mistrustful.tls = {};
    EXPECT_THAT(failure(mistrustful), HasSubstr("certificate is not trusted")) << "the authorities of the system";
}

TEST_F(RedisOverTls, RefusesAServerOfAnotherName) {
    EXPECT_THAT(failure(settings("rediss://localhost:" + std::to_string(server_.port()))),
                HasSubstr("certificate is not trusted"));
}

TEST_F(RedisOverTls, ANonTlsServerIsUnavailable) {
    const RedisServer plain;
    auto impatient = settings("rediss://127.0.0.1:" + std::to_string(plain.port()));
    impatient.connect_timeout = 1s;
    EXPECT_THROW(Pool(impatient).ping(), StoreUnavailable);
    auto unencrypted = settings("redis://127.0.0.1:" + std::to_string(server_.port()));
    EXPECT_THROW(Pool(unencrypted).ping(), StoreUnavailable);
}

TEST_F(RedisOverTls, RefusesFilesThatCannotBeUsed) {
    auto wrong = settings(server_.uri());
    wrong.tls.ca_file = "/nowhere";
    EXPECT_THROW(const Pool pool(wrong), std::invalid_argument);
    wrong = settings(server_.uri());
    wrong.tls.key_file = wrong.tls.ca_file;
    EXPECT_THROW(const Pool pool(wrong), std::invalid_argument);
    wrong.tls.key_file.clear();
    EXPECT_THROW(const Pool pool(wrong), std::invalid_argument);
}

TEST_F(RedisOverTls, IsUnavailableInTimeWhileTheServerHangs) {
    auto impatient = settings(server_.uri());
    impatient.connect_timeout = impatient.command_timeout = 400ms;
    const Pool pool(settings(server_.uri()));
    const Pool hasty(impatient);
    pool.ping();
    server_.pause();
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_THROW(hasty.ping(), StoreUnavailable) << "in the handshake";
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 10s);
    server_.resume();
    pool.ping();
}

TEST_F(RedisOverTls, AClusterIsEncryptedAsWell) {
    const RedisCluster cluster({.masters = 3, .tls = &tls_});
    const Pool pool(settings(cluster.uri()));
    std::vector<Command> commands;
    for (int i = 0; i < 100; ++i) {
        commands.push_back({"INCRBY", std::to_string(i), std::to_string(i)});
    }
    const auto replies = pool.pipeline(commands);
    for (std::size_t i = 0; i < replies.size(); ++i) {
        EXPECT_EQ(replies[i].integer(), static_cast<std::int64_t>(i));
    }
    EXPECT_EQ(pool.usage().open, 3U);
}

}  // namespace
}  // namespace twinfleet::redis
