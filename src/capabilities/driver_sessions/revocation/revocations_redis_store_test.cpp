#include <atomic>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "capabilities/driver_sessions/revocation/revocations_redis.hpp"
#include "platform/errors/store_error.hpp"
#include "tests/support/redis_server.hpp"

namespace twinfleet::driver_sessions {
namespace {

using namespace std::chrono_literals;

const std::string record_key = "driver_session_revocations:{driver_session_revocations}";

class RevocationsTest : public ::testing::Test {
protected:
    static bool is_over(const RedisRevocations& revocations, const std::string& subject, const Position& since) {
        return revocations.is_over(std::vector{subject}, since);
    }
    static void revoke(RedisRevocations& revocations, const std::string& subject) {
        static_cast<void>(revocations.revoke(std::vector{subject}));
    }
    /// Of another slot of a cluster than the record.
    static constexpr const char* any_key = "a key";
    redis::Reply call(const redis::Command& command) { return redis_.pool().call(command); }
    std::int64_t entries() { return call({"XLEN", record_key}).integer(); }
    /// Commands of that name that the servers were sent.
    std::int64_t calls(const std::string& command) {
        std::int64_t all = 0;
        for (const redis::Reply& info : redis_.on_every_server({"INFO", "commandstats"})) {
            const auto found = info.text().find("cmdstat_" + command + ":calls=");
            all += found == std::string::npos ? 0 : std::stoll(info.text().substr(info.text().find('=', found) + 1));
        }
        return all;
    }

    twinfleet::testing::TestRedis redis_;
    metrics::Registry registry_;
    RedisRevocations here_{redis_.pool(), 24h, registry_};
    RedisRevocations there_{redis_.pool(), 24h, registry_};
};

TEST_F(RevocationsTest, EndWhatBeganBeforeAndNothingElse) {
    const Position before = here_.now();
    EXPECT_FALSE(is_over(here_, "park:one", before));
    EXPECT_TRUE(here_.is_empty());
    revoke(here_, "park:one");
    const Position after = here_.now();
    EXPECT_GT(after, before);
    EXPECT_TRUE(is_over(here_, "park:one", before));
    EXPECT_FALSE(is_over(here_, "park:one", after));
    EXPECT_FALSE(is_over(here_, "park:two", before));
    EXPECT_FALSE(is_over(here_, "driver:one", before));
}

TEST_F(RevocationsTest, CountOnEveryReplicaAtItsNextCall) {
    const Position before = there_.now();
    revoke(here_, "park:one");
    EXPECT_FALSE(is_over(there_, "park:one", before));
    call({"SET", any_key, "hello"});
    EXPECT_EQ(there_.call({"GET", any_key}).text(), "hello");
    EXPECT_TRUE(is_over(there_, "park:one", before));
}

TEST_F(RevocationsTest, CostOneQuestionThatIsSentWithTheCommand) {
    static_cast<void>(there_.now());
    const auto questions = calls("xrange");
    static_cast<void>(there_.call({"GET", any_key}));
    EXPECT_EQ(calls("xrange"), questions + 1);
}

TEST_F(RevocationsTest, CostOneQuestionForAllWhoAskTogether) {
    static_cast<void>(there_.now());
    const Position before = there_.now();
    revoke(here_, "park:one");
    static_cast<void>(call({"SET", any_key, "hello"}));
    const auto questions = calls("xrange");
    std::vector<redis::Command> commands(50, redis::Command{"GET", any_key});
    commands.push_back({"INCR", any_key});
    const auto outcomes = there_.call_each(commands);
    EXPECT_EQ(calls("xrange"), questions + 1);
    ASSERT_EQ(outcomes.size(), commands.size());
    EXPECT_EQ(outcomes.front().value().text(), "hello");
    EXPECT_THROW(static_cast<void>(outcomes.back().value()), platform::StoreRefused) << "which is nobody else's matter";
    EXPECT_TRUE(is_over(there_, "park:one", before));
}

TEST_F(RevocationsTest, AreSeenByWhoeverAsksAfterThemAmongManyWhoAsk) {
    const Position before = there_.now();
    static_cast<void>(call({"SET", any_key, "hello"}));
    const auto questions = calls("xrange");
    constexpr int threads_count = 8;
    constexpr int calls_of_each = 50;
    std::atomic<int> unseen = 0;
    std::atomic<int> wrong = 0;
    {
        std::vector<std::jthread> threads;
        for (int thread = 0; thread < threads_count; ++thread) {
            threads.emplace_back([&, thread] {
                for (int i = 0; i < calls_of_each; ++i) {
                    const auto subject = "driver:" + std::to_string(thread) + '-' + std::to_string(i);
                    revoke(here_, subject);
                    wrong += there_.call({"GET", any_key}).text() == "hello" ? 0 : 1;
                    unseen += is_over(there_, subject, before) ? 0 : 1;
                }
            });
        }
    }
    EXPECT_EQ(unseen, 0);
    EXPECT_EQ(wrong, 0);
    EXPECT_LE(calls("xrange") - questions, threads_count * calls_of_each);
}

TEST_F(RevocationsTest, AreReadByOneThatStartsLate) {
    const Position before = here_.now();
    std::vector<std::string> subjects;
    // More than a page.
    for (std::size_t i = 0; i < 2 * RedisRevocations::entries_of_a_page + 1; ++i) {
        subjects.push_back("driver:" + std::to_string(i));
    }
    const Position last = here_.revoke(subjects);
    EXPECT_EQ(entries(), static_cast<std::int64_t>(subjects.size()));
    static_cast<void>(there_.call({"GET", any_key}));
    for (const auto& subject : subjects) {
        ASSERT_TRUE(is_over(there_, subject, before)) << subject;
        ASSERT_FALSE(is_over(there_, subject, last)) << subject;
    }
    EXPECT_EQ(there_.now(), last);
}

TEST_F(RevocationsTest, MayBeAboutIdsOfAnyBytes) {
    const std::string odd = std::string("park:}\0{\r\n", 10) + "\xff' \"";
    const Position before = here_.now();
    here_.note(odd, 1);
    here_.flush();
    static_cast<void>(there_.now());
    EXPECT_TRUE(is_over(there_, odd, before));
}

TEST_F(RevocationsTest, AreInTheOrderOfTheRecordWhateverItsClockSays) {
    // A server whose clock was an hour ahead had written this, before another one took its place and lost it.
    const auto ahead_ms = std::chrono::duration_cast<std::chrono::milliseconds>(
                              (std::chrono::system_clock::now() + 1h).time_since_epoch())
                              .count();
    static_cast<void>(
        call(redis::Command{"XADD", record_key, std::to_string(ahead_ms) + "-7", "subject", "park:lost"}));
    const Position since = here_.now();
    EXPECT_EQ(since, (Position{.ms = static_cast<std::uint64_t>(ahead_ms), .sequence = 7}));
    static_cast<void>(call({"DEL", record_key}));
    revoke(here_, "park:one");
    static_cast<void>(here_.call({"GET", any_key}));
    EXPECT_TRUE(is_over(here_, "park:one", since));
    EXPECT_TRUE(is_over(here_, "park:lost", Position())) << "what was read stays known";
    revoke(here_, "park:two");
    static_cast<void>(there_.now());
    EXPECT_TRUE(is_over(there_, "park:two", since));
}

TEST_F(RevocationsTest, AreReadAnewAfterRedisWasAway) {
    twinfleet::testing::RedisServer server;
    const redis::Pool pool({.uri = server.uri(), .connect_timeout = 20s, .command_timeout = 20s});
    RedisRevocations revocations(pool, 24h, registry_);
    revoke(revocations, "park:one");
    static_cast<void>(revocations.now());
    server.kill();
    EXPECT_THROW(static_cast<void>(revocations.call({"GET", any_key})), platform::StoreUnavailable);
    // It keeps nothing. Another server may have entries from before the end that is known here.
    server.restart();
    static_cast<void>(pool.call({"XADD", record_key, "1-1", "subject", "park:early"}));
    static_cast<void>(revocations.call({"GET", any_key}));
    EXPECT_TRUE(is_over(revocations, "park:early", Position()));
    EXPECT_TRUE(is_over(revocations, "park:one", Position())) << "what was read stays known";
    static_cast<void>(pool.call({"XADD", record_key, "1-2", "subject", "park:later"}));
    static_cast<void>(revocations.call({"GET", any_key}));
    EXPECT_FALSE(is_over(revocations, "park:later", Position())) << "once is enough";
}

TEST_F(RevocationsTest, AreForgottenWhenNothingCanBeAsOld) {
    RedisRevocations brief(redis_.pool(), 1s, registry_);
    revoke(brief, "park:old");
    static_cast<void>(brief.now());
    EXPECT_TRUE(is_over(brief, "park:old", Position()));
    EXPECT_GT(call({"PTTL", record_key}).integer(), 0);
    EXPECT_LE(call({"PTTL", record_key}).integer(), 1'000);
    const auto later_ms = std::chrono::duration_cast<std::chrono::milliseconds>(
                              (std::chrono::system_clock::now() + 10s).time_since_epoch())
                              .count();
    static_cast<void>(call({"XADD", record_key, std::to_string(later_ms) + "-0", "subject", "park:new"}));
    static_cast<void>(brief.now());
    EXPECT_FALSE(is_over(brief, "park:old", Position()));
    EXPECT_TRUE(is_over(brief, "park:new", Position()));
}

TEST_F(RevocationsTest, NoteAVersionOnceForAllReplicas) {
    here_.note("driver_stopped:one", 7);
    there_.note("driver_stopped:one", 7);
    here_.flush();
    const Position since = here_.now();
    // This one was slow to see it: what has begun since then goes on.
    there_.flush();
    EXPECT_EQ(entries(), 1);
    static_cast<void>(here_.now());
    EXPECT_FALSE(is_over(here_, "driver_stopped:one", since));
    there_.note("driver_stopped:one", 8);
    there_.flush();
    static_cast<void>(here_.now());
    EXPECT_TRUE(is_over(here_, "driver_stopped:one", since));
    EXPECT_EQ(entries(), 2);
}

TEST_F(RevocationsTest, NowIsBehindWhatWasNotedHere) {
    const Position before = here_.now();
    here_.note("driver_stopped:one", 7);
    const Position now = here_.now();
    EXPECT_TRUE(is_over(here_, "driver_stopped:one", before));
    EXPECT_FALSE(is_over(here_, "driver_stopped:one", now));
}

TEST_F(RevocationsTest, ARevocationIsWrittenHoweverOftenItIsAskedFor) {
    revoke(here_, "park:one");
    const Position since = here_.now();
    revoke(there_, "park:one");
    static_cast<void>(here_.now());
    EXPECT_TRUE(is_over(here_, "park:one", since));
}

TEST_F(RevocationsTest, KeepWhatCannotBeWritten) {
    twinfleet::testing::RedisServer server;
    const redis::Pool pool({.uri = server.uri(), .connect_timeout = 20s, .command_timeout = 20s});
    RedisRevocations revocations(pool, 24h, registry_);
    const Position before = revocations.now();
    server.kill();
    revocations.note("driver_stopped:one", 7);
    EXPECT_THROW(revocations.flush(), platform::StoreUnavailable);
    server.restart();
    static_cast<void>(revocations.now());
    EXPECT_TRUE(is_over(revocations, "driver_stopped:one", before));
}

TEST_F(RevocationsTest, AreReadAndWrittenSideBySide) {
    constexpr int subjects = 200;
    const Position before = here_.now();
    {
        std::vector<std::jthread> threads;
        for (int thread = 0; thread < 4; ++thread) {
            threads.emplace_back([&, thread] {
                for (int i = thread; i < subjects; i += 4) {
                    RedisRevocations& replica = i % 2 == 0 ? here_ : there_;
                    replica.note("driver_stopped:" + std::to_string(i), 1);
                    const Position since = replica.now();
                    const auto subject = "driver_stopped:" + std::to_string(i);
                    EXPECT_TRUE(is_over(replica, subject, before));
                    EXPECT_FALSE(is_over(replica, subject, since));
                }
            });
        }
    }
    EXPECT_EQ(entries(), subjects);
    static_cast<void>(here_.now());
    static_cast<void>(there_.now());
    for (int i = 0; i < subjects; ++i) {
        EXPECT_TRUE(is_over(here_, "driver_stopped:" + std::to_string(i), before));
        EXPECT_TRUE(is_over(there_, "driver_stopped:" + std::to_string(i), before));
    }
}

}  // namespace
}  // namespace twinfleet::driver_sessions
