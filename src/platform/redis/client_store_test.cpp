#include <array>
#include <atomic>
#include <functional>
#include <limits>
#include <thread>

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "platform/errors/store_error.hpp"
#include "platform/redis/client.hpp"
#include "tests/support/redis_server.hpp"

namespace twinfleet::redis {
namespace {

using namespace std::chrono_literals;
using platform::StoreRefused;
using platform::StoreUnavailable;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using twinfleet::testing::RedisServer;
using twinfleet::testing::TestRedis;

template <typename Error>
std::string message_of(const std::function<void()>& action) {
    try {
        action();
    } catch (const Error& error) {
        return error.what();
    }
    return "nothing thrown";
}

class RedisStore : public ::testing::Test {
protected:
    Reply call(const Command& command) { return redis_.pool().call(command); }

    TestRedis redis_;
};

TEST_F(RedisStore, AnswersEveryKindOfReply) {
    EXPECT_EQ(call({"SET", "text", "a"}).text(), "OK");
    EXPECT_EQ(call({"GET", "text"}).text(), "a");
    EXPECT_EQ(call({"INCRBY", "number", "-9223372036854775808"}).integer(), std::numeric_limits<std::int64_t>::min());
    EXPECT_TRUE(call({"GET", "nothing"}).is_nil());
    EXPECT_EQ(call({"SET", "empty", ""}).text(), "OK");
    EXPECT_EQ(call({"GET", "empty"}).text(), "");
    EXPECT_TRUE(call({"KEYS", "no*"}).items().empty());
    const auto items = call({"MGET", "text", "nothing", "number"}).items();
    ASSERT_EQ(items.size(), 3U);
    EXPECT_EQ(items[0].text(), "a");
    EXPECT_TRUE(items[1].is_nil());
    EXPECT_EQ(items[2].text(), "-9223372036854775808");
    EXPECT_EQ(call({"EVAL", "return {{1, {'a'}}, false}", "0"}).items().at(0).items().at(1).items().at(0).text(), "a");
}

TEST_F(RedisStore, KeepsAnyBytesOfKeysAndValues) {
    std::string bytes;
    for (int byte = 0; byte < 256; ++byte) {
        bytes += static_cast<char>(byte);
    }
    static_cast<void>(call({"SET", bytes, bytes}));
    EXPECT_EQ(call({"GET", bytes}).text(), bytes);
}

TEST_F(RedisStore, CarriesLargeValues) {
    const std::string value(std::size_t{1} << 20, 'x');
    static_cast<void>(call({"SET", "large", value}));
    EXPECT_EQ(call({"GET", "large"}).text(), value);
}

TEST_F(RedisStore, AnswersALongPipelineInItsOrder) {
    constexpr int commands_count = 10'000;
    const std::string padding(100, 'x');
    std::vector<Command> commands;
    for (int i = 0; i < commands_count; ++i) {
        commands.push_back(Command{"ECHO"}.add(std::to_string(i) + padding));
    }
    const auto replies = redis_.pool().pipeline(commands);
    ASSERT_EQ(replies.size(), commands.size());
    for (int i = 0; i < commands_count; ++i) {
        ASSERT_EQ(replies[static_cast<std::size_t>(i)].text(), std::to_string(i) + padding);
    }
}

TEST_F(RedisStore, ThrowsTheFirstErrorOfAPipelineOnceAllOfItIsDone) {
    const std::vector<Command> commands{
        {"SET", "text", "a"}, {"INCR", "text"}, {"LPUSH", "text", "b"}, {"SET", "behind", "b"}};
    EXPECT_THAT(message_of<StoreRefused>([&] { static_cast<void>(redis_.pool().pipeline(commands)); }),
                HasSubstr("INCR: ERR value is not an integer"));
    EXPECT_EQ(call({"GET", "behind"}).text(), "b");
    EXPECT_EQ(redis_.pool().usage().open, 1U);
}

TEST_F(RedisStore, TellsOfEachCommandOfAPipelineWhatBecameOfIt) {
    const std::vector<Command> commands{
        {"SET", "text", "a"}, {"INCR", "text"}, {"GET", "text"}, {"SET", "text", "b", "s3cret"}};
    const auto outcomes = redis_.pool().pipeline_each(commands);
    ASSERT_EQ(outcomes.size(), commands.size());
    EXPECT_EQ(outcomes[0].value().text(), "OK");
    EXPECT_THAT(message_of<StoreRefused>([&] { static_cast<void>(outcomes[1].value()); }),
                HasSubstr("INCR: ERR value is not an integer"));
    EXPECT_EQ(outcomes[2].failure(), nullptr);
    EXPECT_EQ(outcomes[2].value().text(), "a");
    EXPECT_THAT(message_of<StoreRefused>([&] { static_cast<void>(outcomes[3].value()); }), Not(HasSubstr("s3cret")));
    EXPECT_TRUE(redis_.pool().pipeline_each({}).empty());
    EXPECT_EQ(redis_.pool().usage().open, 1U) << "the connection is as good as before";
}

TEST_F(RedisStore, TellsOfEachCommandThatTheServerIsAway) {
    const Pool nobody({.uri = "redis://127.0.0.1:1"});
    const std::vector<Command> commands{{"GET", "a"}, {"GET", "b"}};
    const auto outcomes = nobody.pipeline_each(commands);
    ASSERT_EQ(outcomes.size(), 2U);
    for (const auto& outcome : outcomes) {
        EXPECT_THROW(static_cast<void>(outcome.value()), StoreUnavailable);
    }
}

TEST_F(RedisStore, AScriptThatTheServerRefusesToLoadFailsItsCallersAlone) {
    const Script broken("this is no Lua");
    const Script good("return ARGV[1]");
    const std::vector<std::string> keys{"key"};
    const std::vector<std::string> arguments{"a"};
    EXPECT_EQ(call(Command(good, keys, arguments)).text(), "a");
    const std::vector<Command> commands{Command(good, keys, arguments), Command(broken, keys, arguments)};
    const auto outcomes = redis_.pool().pipeline_each(commands);
    EXPECT_THROW(static_cast<void>(outcomes[1].value()), StoreRefused);
    EXPECT_EQ(call(Command(good, keys, arguments)).text(), "a");
}

TEST_F(RedisStore, AnErrorWithinAnArrayIsAnError) {
    EXPECT_THAT(message_of<StoreRefused>([&] {
                    static_cast<void>(call({"EVAL", "return {1, redis.error_reply('MINE no')}", "0"}));
                }),
                HasSubstr("EVAL: MINE no"));
    EXPECT_EQ(call({"ECHO", "a"}).text(), "a");
}

TEST_F(RedisStore, RefusalsHoldNoArguments) {
    EXPECT_THAT(message_of<StoreRefused>([&] {
                    static_cast<void>(call({"SET", "a", "b", "s3cret"}));
                }),
                AllOf(HasSubstr("SET: ERR syntax error"), Not(HasSubstr("s3cret"))));
    EXPECT_THAT(message_of<StoreRefused>([&] {
                    static_cast<void>(call({"NOSUCH", "s3cret"}));
                }),
                AllOf(HasSubstr("NOSUCH: ERR unknown command"), Not(HasSubstr("s3cret"))));
}

TEST_F(RedisStore, LoadsAScriptThatTheServerDoesNotKnow) {
    const Script script("return {KEYS[1], ARGV[1], " + std::to_string(::getpid()) + "}");
    const std::vector<std::string> keys{"key"};
    const std::vector<std::string> arguments{std::string("a\0b", 3)};
    for (int i = 0; i < 3; ++i) {
        const auto items = call(Command(script, keys, arguments)).items();
        EXPECT_EQ(items.at(0).text(), "key");
        EXPECT_EQ(items.at(1).text(), arguments[0]);
        if (i == 1) {
            static_cast<void>(call({"SCRIPT", "FLUSH"}));
        }
    }
    EXPECT_EQ(call({"SCRIPT", "LOAD", script.source()}).text(), script.sha1());
}

TEST_F(RedisStore, ResendsOnlyTheCommandsOfUnknownScripts) {
    static_cast<void>(call({"SCRIPT", "FLUSH"}));
    const Script add("return redis.call('INCRBY', KEYS[1], ARGV[1])");
    const Script read("return redis.call('GET', KEYS[1])");
    const std::vector<std::string> keys{"count"};
    const std::vector<std::string> one{"1"};
    const std::vector<Command> commands{{"INCR", "count"},
                                        Command(add, keys, one),
                                        Command(add, keys, one),
                                        {"INCR", "count"},
                                        Command(read, keys, {})};
    auto replies = redis_.pool().pipeline(commands);
    ASSERT_EQ(replies.size(), commands.size());
    EXPECT_EQ(replies[0].integer(), 1);
    EXPECT_EQ(replies[3].integer(), 2);
    EXPECT_EQ(replies[1].integer(), 3);
    EXPECT_EQ(replies[2].integer(), 4);
    EXPECT_EQ(replies[4].text(), "4");

    replies = redis_.pool().pipeline(commands);
    EXPECT_EQ(replies[1].integer(), 6);
    EXPECT_EQ(replies[3].integer(), 8);
    EXPECT_EQ(replies[4].text(), "8");
}

TEST_F(RedisStore, RefusesAScriptThatCannotBeCompiled) {
    const Script script("return (");
    EXPECT_THAT(message_of<StoreRefused>([&] { static_cast<void>(call(Command(script, {}, {}))); }),
                HasSubstr("SCRIPT LOAD: ERR Error compiling script"));
    EXPECT_EQ(call({"ECHO", "a"}).text(), "a");
}

TEST_F(RedisStore, SelectsTheDatabaseOfTheUri) {
    const Pool other({.uri = redis_.uri() + "/3"});
    static_cast<void>(other.call({"SET", "key", "a"}));
    EXPECT_TRUE(call({"GET", "key"}).is_nil());
    EXPECT_EQ(other.call({"GET", "key"}).text(), "a");
    const Pool none({.uri = redis_.uri() + "/99"});
    EXPECT_THAT(message_of<StoreRefused>([&] { none.ping(); }), HasSubstr("SELECT: ERR DB index is out of range"));
}

TEST_F(RedisStore, OneConnectionServesCallsOneAfterAnother) {
    const Pool pool({.uri = redis_.uri()});
    const auto id = pool.call({"CLIENT", "ID"}).integer();
    pool.ping();
    EXPECT_EQ(pool.call({"CLIENT", "ID"}).integer(), id);
    EXPECT_EQ(pool.usage().open, 1U);
    EXPECT_EQ(pool.usage().in_use, 0U);
}

TEST_F(RedisStore, ReplacesIdleConnectionsThatBroke) {
    const Pool pool({.uri = redis_.uri()});
    const auto id = pool.call({"CLIENT", "ID"}).integer();
    static_cast<void>(call({"CLIENT", "KILL", "SKIPME", "yes"}));
    EXPECT_NE(pool.call({"CLIENT", "ID"}).integer(), id);
    EXPECT_EQ(pool.usage().open, 1U);
}

TEST_F(RedisStore, DoesNotRepeatWhatWasSent) {
    const Pool pool({.uri = redis_.uri()});
    const auto die = [&] {
        const std::vector<Command> commands{{"INCR", "count"}, {"CLIENT", "KILL", "SKIPME", "no"}, {"INCR", "count"}};
        static_cast<void>(pool.pipeline(commands));
    };
    EXPECT_THROW(die(), StoreUnavailable);
    EXPECT_EQ(call({"GET", "count"}).text(), "1");
    EXPECT_EQ(pool.usage().open, 0U);
}

TEST_F(RedisStore, TheCommandTimeoutBoundsAWholePipeline) {
    const Pool pool({.uri = redis_.uri(), .command_timeout = 400ms});
    const auto begin = std::chrono::steady_clock::now();
    const std::vector<Command> commands{{"PING"}, {"BLPOP", "nothing", "20"}, {"BLPOP", "nothing", "20"}};
    EXPECT_THAT(message_of<StoreUnavailable>([&] { static_cast<void>(pool.pipeline(commands)); }),
                HasSubstr("no answer in time"));
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 10s);
    EXPECT_EQ(pool.usage().open, 0U);
    // What comes late is nobody else's answer.
    EXPECT_EQ(pool.call({"ECHO", "a"}).text(), "a");
}

/// Holds a connection of a pool until it is let go.
class Holder {
public:
    Holder(const Pool& pool, const Pool& other, std::string key) : other_(other), key_(std::move(key)) {
        thread_ = std::jthread([this, &pool] { static_cast<void>(pool.call({"BLPOP", key_, "20"})); });
        while (pool.usage().in_use == 0) {
            std::this_thread::yield();
        }
    }
    void let_go() {
        static_cast<void>(other_.call({"RPUSH", key_, "go"}));
        thread_.join();
    }

private:
    const Pool& other_;
    std::string key_;
    std::jthread thread_;
};

TEST_F(RedisStore, WhoFindsAllConnectionsInUseWaitsForOne) {
    const Pool pool(
        {.uri = redis_.uri(), .connections_max = 1, .command_timeout = 20s, .connection_wait_timeout = 20s});
    Holder holder(pool, redis_.pool(), "list");
    std::jthread waiting([&] { EXPECT_EQ(pool.call({"ECHO", "a"}).text(), "a"); });
    holder.let_go();
    waiting.join();
    EXPECT_EQ(pool.usage().open, 1U);
}

TEST_F(RedisStore, WhoWaitsTooLongGetsUnavailable) {
    const Pool pool(
        {.uri = redis_.uri(), .connections_max = 1, .command_timeout = 20s, .connection_wait_timeout = 20ms});
    Holder holder(pool, redis_.pool(), "list");
    EXPECT_THAT(message_of<StoreUnavailable>([&] { pool.ping(); }), HasSubstr("stayed in use"));
    holder.let_go();
    pool.ping();
}

TEST_F(RedisStore, CanBeUsedFromManyThreads) {
    constexpr int threads = 8;
    constexpr int rounds = 200;
    const Pool pool({.uri = redis_.uri(), .connections_max = 3, .connection_wait_timeout = 20s});
    const Script script("return ARGV[1]");
    std::atomic<int> wrong = 0;
    {
        std::vector<std::jthread> users;
        for (int thread = 0; thread < threads; ++thread) {
            users.emplace_back([&, thread] {
                for (int round = 0; round < rounds; ++round) {
                    const auto mine = std::to_string(thread * rounds + round);
                    const std::vector<std::string> arguments{mine};
                    const std::vector<Command> commands{
                        {"INCR", "count"}, {"ECHO", mine}, Command(script, {}, arguments)};
                    const auto replies = pool.pipeline(commands);
                    wrong += replies[1].text() == mine && replies[2].text() == mine ? 0 : 1;
                }
            });
        }
    }
    EXPECT_EQ(wrong, 0);
    EXPECT_EQ(call({"GET", "count"}).text(), std::to_string(threads * rounds));
    EXPECT_LE(pool.usage().open, 3U);
    EXPECT_EQ(pool.usage().in_use, 0U);
}

class RedisServerOfItsOwn : public ::testing::Test {
protected:
    RedisServer server_{RedisServer::Persistence::append_only_file};
    Pool pool_{{.uri = server_.uri(), .command_timeout = 5s}};
};

TEST_F(RedisServerOfItsOwn, ComesBackWithWhatWasWritten) {
    static_cast<void>(pool_.call({"SET", "key", "a"}));
    server_.restart();
    EXPECT_EQ(pool_.call({"GET", "key"}).text(), "a");
    static_cast<void>(pool_.call({"SET", "key", "b"}));
    server_.kill();
    EXPECT_THROW(pool_.ping(), StoreUnavailable);
    EXPECT_EQ(pool_.usage().open, 0U);
    server_.restart();
    EXPECT_EQ(pool_.call({"GET", "key"}).text(), "b");
}

TEST_F(RedisServerOfItsOwn, IsUnavailableInTimeWhileItDoesNotAnswer) {
    const Pool pool({.uri = server_.uri(), .connect_timeout = 400ms, .command_timeout = 400ms});
    pool.ping();
    server_.pause();
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_THROW(pool.ping(), StoreUnavailable);
    // On a new connection, which the kernel accepts for it.
    EXPECT_THROW(pool.ping(), StoreUnavailable);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 10s);
    server_.resume();
    pool.ping();
}

TEST_F(RedisServerOfItsOwn, ASendToAServerThatDiedEndsNobody) {
    const std::string large(std::size_t{8} << 20, 'x');
    const std::vector<Command> commands(4, Command{"SET", "large", large});
    server_.pause();
    const std::jthread writer([&] { EXPECT_THROW(static_cast<void>(pool_.pipeline(commands)), StoreUnavailable); });
    while (pool_.usage().in_use == 0) {
        std::this_thread::yield();
    }
    server_.kill();
}

TEST_F(RedisServerOfItsOwn, LetsInWhoKnowsThePassword) {
    static_cast<void>(pool_.call({"ACL", "SETUSER", "app", "on", ">s3cret", "~*", "+@all"}));
    static_cast<void>(pool_.call({"CONFIG", "SET", "requirepass", "pass/word"}));
    const auto with = [&](const std::string& credentials) {
        return Pool({.uri = "redis://" + credentials + "127.0.0.1:" + std::to_string(server_.port()) + "/1"});
    };
    with(":pass%2Fword@").ping();
    with("app:s3cret@").ping();
    EXPECT_THAT(message_of<StoreRefused>([&] { with("").ping(); }), HasSubstr("SELECT: NOAUTH"));
    EXPECT_THAT(message_of<StoreRefused>([&] { with("app:s3cre@").ping(); }),
                AllOf(HasSubstr("AUTH: WRONGPASS"), Not(HasSubstr("s3cre "))));
    EXPECT_THAT(message_of<StoreRefused>([&] { with(":other@").ping(); }), HasSubstr("AUTH: WRONGPASS"));
}

TEST_F(RedisServerOfItsOwn, AReplicaThatRefusesWritesIsUnavailable) {
    static_cast<void>(pool_.call({"SET", "key", "a"}));
    static_cast<void>(pool_.call({"REPLICAOF", "127.0.0.1", "1"}));
    EXPECT_THROW(static_cast<void>(pool_.call({"SET", "key", "b"})), StoreUnavailable);
    EXPECT_EQ(pool_.usage().open, 0U) << "the next connection may lead to another server";
    static_cast<void>(pool_.call({"REPLICAOF", "NO", "ONE"}));
    EXPECT_EQ(pool_.call({"GET", "key"}).text(), "a");
}

TEST_F(RedisServerOfItsOwn, AServerThatIsFullIsUnavailable) {
    static_cast<void>(pool_.call({"CONFIG", "SET", "maxclients", "1"}));
    const Pool other({.uri = server_.uri()});
    EXPECT_THROW(other.ping(), StoreUnavailable);
    static_cast<void>(pool_.call({"CONFIG", "SET", "maxclients", "100"}));
    other.ping();
}

TEST(RedisPeer, ThatSpeaksAnotherProtocolIsUnavailable) {
    const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    ASSERT_EQ(::bind(listener, generic, size), 0);
    ASSERT_EQ(::listen(listener, 1), 0);
    ASSERT_EQ(::getsockname(listener, generic, &size), 0);
    const std::jthread peer([&] {
        const int connection = ::accept(listener, nullptr, nullptr);
        std::array<char, 64> request{};
        static_cast<void>(::recv(connection, request.data(), request.size(), 0));
        constexpr std::string_view answer = "HTTP/1.1 400 Bad Request\r\n\r\n";
        static_cast<void>(::send(connection, answer.data(), answer.size(), MSG_NOSIGNAL));
        ::close(connection);
    });
    const Pool pool({.uri = "redis://127.0.0.1:" + std::to_string(ntohs(address.sin_port))});
    EXPECT_THAT(message_of<StoreUnavailable>([&] { pool.ping(); }), HasSubstr("speaks another protocol"));
    ::close(listener);
}

}  // namespace
}  // namespace twinfleet::redis
