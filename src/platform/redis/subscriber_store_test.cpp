#include <condition_variable>
#include <mutex>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "platform/redis/subscriber.hpp"
#include "tests/support/redis_server.hpp"

namespace twinfleet::redis {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;
using twinfleet::testing::RedisServer;
using twinfleet::testing::TestRedis;

/// What a subscriber was told.
class Told {
public:
    [[nodiscard]] Subscriber::Listener listener() {
        return {.heard = [this](std::string_view message) { note([&] { messages_.emplace_back(message); }); },
                .subscribed = [this] { note([&] { ++subscribed_; }); },
                .lost = [this](std::string_view reason) { note([&] { lost_.emplace_back(reason); }); }};
    }
    [[nodiscard]] bool await_messages(std::size_t count) {
        return await([this, count] { return messages_.size() >= count; });
    }
    [[nodiscard]] bool await_subscribed(int times) {
        return await([this, times] { return subscribed_ >= times; });
    }
    [[nodiscard]] bool await_lost(std::size_t times) {
        return await([this, times] { return lost_.size() >= times; });
    }
    [[nodiscard]] std::vector<std::string> messages() const {
        const std::lock_guard lock(mutex_);
        return messages_;
    }
    [[nodiscard]] std::vector<std::string> lost() const {
        const std::lock_guard lock(mutex_);
        return lost_;
    }

private:
    template <typename Action>
    void note(const Action& action) {
        {
            const std::lock_guard lock(mutex_);
            action();
        }
        changed_.notify_all();
    }
    template <typename Condition>
    [[nodiscard]] bool await(const Condition& condition) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, 20s, condition);
    }

    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<std::string> messages_;
    std::vector<std::string> lost_;
    int subscribed_ = 0;
};

/// What a busy machine keeps, too.
Settings server_at(const std::string& uri) {
    return {.uri = uri, .connect_timeout = 2s, .command_timeout = 2s};
}

constexpr SubscriberSettings impatient{.ping_interval = 50ms, .reconnect_first = 5ms, .reconnect_longest = 50ms};

TEST(SubscriberStore, HearsWhatIsPublishedOnItsChannelInOrder) {
    const TestRedis redis;
    Told told;
    const Subscriber subscriber(server_at(redis.uri()), "channel", told.listener());
    ASSERT_TRUE(told.await_subscribed(1));
    const std::string bytes("\0\r\n\xff", 4);
    const std::vector<Command> commands{{"PUBLISH", "other channel", "not for us"},
                                        {"PUBLISH", "channel", "first"},
                                        {"PUBLISH", "channel", ""},
                                        {"PUBLISH", "channel", bytes}};
    EXPECT_EQ(redis.pool().pipeline(commands).back().integer(), 1);
    ASSERT_TRUE(told.await_messages(3));
    EXPECT_THAT(told.messages(), ElementsAre("first", "", bytes));
}

TEST(SubscriberStore, HearsALongRowOfMessages) {
    const TestRedis redis;
    Told told;
    const Subscriber subscriber(server_at(redis.uri()), "channel", told.listener());
    ASSERT_TRUE(told.await_subscribed(1));
    constexpr std::size_t count = 5'000;
    std::vector<Command> commands;
    for (std::size_t i = 0; i < count; ++i) {
        commands.push_back(Command{"PUBLISH", "channel"}.add(static_cast<std::int64_t>(i)));
    }
    static_cast<void>(redis.pool().pipeline(commands));
    ASSERT_TRUE(told.await_messages(count));
    const auto messages = told.messages();
    ASSERT_EQ(messages.size(), count);
    for (std::size_t i = 0; i < count; ++i) {
        ASSERT_EQ(messages[i], std::to_string(i));
    }
}

TEST(SubscriberStore, ASilentConnectionIsKeptWhileTheServerAnswers) {
    const TestRedis redis;
    Told told;
    const Subscriber subscriber(server_at(redis.uri()), "channel", told.listener(), {.ping_interval = 1ms});
    ASSERT_TRUE(told.await_subscribed(1));
    // Messages come between pings, and are none of their answers.
    for (std::size_t i = 1; i <= 200; ++i) {
        static_cast<void>(redis.pool().call({"PUBLISH", "channel", "message"}));
        ASSERT_TRUE(told.await_messages(i));
    }
    EXPECT_THAT(told.messages(), SizeIs(200));
    EXPECT_THAT(told.lost(), SizeIs(0));
}

TEST(SubscriberStore, ComesBackWhenTheServerDoesAndTellsOnceThatItWasAway) {
    RedisServer server;
    Told told;
    const Subscriber subscriber(server_at(server.uri()), "channel", told.listener(), impatient);
    ASSERT_TRUE(told.await_subscribed(1));
    for (int times = 1; times <= 2; ++times) {
        server.kill();
        ASSERT_TRUE(told.await_lost(static_cast<std::size_t>(times)));
        server.restart();
        ASSERT_TRUE(told.await_subscribed(times + 1));
    }
    EXPECT_THAT(told.lost(), SizeIs(2));
    const Pool pool(server_at(server.uri()));
    static_cast<void>(pool.call({"PUBLISH", "channel", "again"}));
    ASSERT_TRUE(told.await_messages(1));
    EXPECT_THAT(told.messages(), ElementsAre("again"));
}

TEST(SubscriberStore, NoticesAServerThatIsThereAndDoesNotAnswer) {
    RedisServer server;
    Told told;
    auto settings = server_at(server.uri());
    settings.connect_timeout = 200ms;
    settings.command_timeout = 200ms;
    const Subscriber subscriber(settings, "channel", told.listener(), impatient);
    ASSERT_TRUE(told.await_subscribed(1));
    server.pause();
    ASSERT_TRUE(told.await_lost(1));
    EXPECT_THAT(told.lost()[0], HasSubstr("Redis"));
    server.resume();
    EXPECT_TRUE(told.await_subscribed(2));
}

TEST(SubscriberStore, EndsAtOnceWhereverItIs) {
    RedisServer server;
    Told told;
    const auto started = std::chrono::steady_clock::now();
    { const Subscriber at_once(server_at(server.uri()), "channel", told.listener()); }
    {
        const Subscriber waits_for_messages(server_at(server.uri()), "channel", told.listener(),
                                            {.ping_interval = std::chrono::hours(1)});
        ASSERT_TRUE(told.await_subscribed(1));
    }
    server.stop();
    {
        const Subscriber waits_for_the_server(
            server_at(server.uri()), "channel", told.listener(),
            {.reconnect_first = std::chrono::hours(1), .reconnect_longest = std::chrono::hours(1)});
        ASSERT_TRUE(told.await_lost(1));
    }
    EXPECT_LT(std::chrono::steady_clock::now() - started, 20s);
}

TEST(SubscriberStore, TellsThatItsUserMayNotHearTheChannel) {
    RedisServer server;
    const Pool pool(server_at(server.uri()));
    static_cast<void>(pool.call({"ACL", "SETUSER", "reader", "on", ">s3cret", "~*", "+@all", "resetchannels"}));
    Told told;
    const Subscriber subscriber(server_at("redis://reader:s3cret@127.0.0.1:" + std::to_string(server.port())),
                                "private channel", told.listener(), impatient);
    ASSERT_TRUE(told.await_lost(1));
    EXPECT_THAT(told.lost()[0], HasSubstr("SUBSCRIBE: NOPERM"));
    EXPECT_THAT(told.lost()[0], Not(HasSubstr("s3cret")));
    static_cast<void>(pool.call({"ACL", "SETUSER", "reader", "&private*"}));
    EXPECT_TRUE(told.await_subscribed(1)) << "it goes on trying";
}

TEST(SubscriberStore, RefusesAUriThatCannotBeRead) {
    EXPECT_THROW(const Subscriber subscriber(server_at("http://127.0.0.1"), "channel", {}), std::invalid_argument);
}

}  // namespace
}  // namespace twinfleet::redis
