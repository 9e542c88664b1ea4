#include <algorithm>
#include <atomic>
#include <latch>
#include <stdexcept>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "capabilities/driver_sessions/hash_redis.hpp"
#include "capabilities/driver_sessions/sessions_redis.hpp"
#include "capabilities/driver_sessions/testing/driver_side.hpp"
#include "capabilities/driver_sessions/token.hpp"
#include "platform/errors/store_error.hpp"

namespace twinfleet::driver_sessions {
namespace {

using namespace std::chrono_literals;
using driver_cache::WorkStatus;
using platform::StoreUnavailable;
using testing::DriverSide;
using ::testing::HasSubstr;
using ::testing::Not;

class SessionsTest : public ::testing::Test, protected DriverSide {
protected:
    redis::Reply call(const redis::Command& command) { return redis.pool().call(command); }
    /// Everything in Redis, to see that nothing changes.
    std::string everything() {
        std::vector<std::string> lines;
        for (const auto& key : redis.keys("*")) {
            auto line = key;
            const bool is_set = call({"TYPE", key}).text() == "zset";
            const auto parts = is_set ? call({"ZRANGE", key, "0", "-1", "WITHSCORES"}) : call({"HGETALL", key});
            for (const auto& part : parts.items()) {
                line += ' ' + part.text();
            }
            lines.push_back(line + ' ' + std::to_string(call({"PEXPIRETIME", key}).integer()));
        }
        std::ranges::sort(lines);
        std::string all;
        for (const auto& line : lines) {
            all += line + '\n';
        }
        return all;
    }
};

TEST_F(SessionsTest, ATokenLetsItsDriverIn) {
    const auto token = begin("vezet");
    EXPECT_EQ(find(token, "vezet"), "ok");
    const auto found = session(token, "vezet");
    EXPECT_LE(found.created_at, clock.now());
    EXPECT_GT(found.created_at, clock.now() - 1ms);
    EXPECT_EQ(found.token_sha256, sha256_of_token(token));
    EXPECT_EQ(count("driver_sessions_begun_total", R"(family="vezet")"), 1);
}

TEST_F(SessionsTest, TheTokenItselfIsNowhereInRedis) {
    const auto token = begin("vezet");
    const auto random = token.substr(tag_digits);
    EXPECT_THAT(everything(), Not(HasSubstr(random)));
    EXPECT_THAT(everything(), HasSubstr(sha256_of_token(token)));
}

TEST_F(SessionsTest, WhatIsNoTokenIsUnauthorized) {
    const auto token = begin("vezet");
    auto upper = token;
    std::ranges::transform(upper, upper.begin(), [](unsigned char c) { return std::toupper(c); });
    for (const std::string& other : {std::string(), std::string("x"), token.substr(1), token + '0', upper,
                                     std::string(95, 'a') + '*', std::string(96, '}'), std::string(1'000'000, 'a')}) {
        EXPECT_EQ(find(other, "vezet"), "unauthorized");
        sessions.end(other);
    }
    EXPECT_EQ(find(token, "vezet"), "ok");
    EXPECT_EQ(count("driver_session_refusals_total", R"(reason="unauthorized")"), 8);
}

TEST_F(SessionsTest, AWrongTokenChangesNothing) {
    const auto token = begin("vezet");
    static_cast<void>(begin("taximeter"));
    ASSERT_TRUE(statuses.set(session(token, "vezet"), DriverStatus::free));
    const auto before = everything();
    auto guessed = token;
    guessed.back() = guessed.back() == '0' ? '1' : '0';
    // The tag of another park's driver before one's own random digits.
    const auto of_another_park = redis_tag(driver_of("taximeter")) + token.substr(tag_digits);
    for (const auto& wrong : {guessed, of_another_park, std::string(96, '0'), make_token(driver_of("vezet"))}) {
        for (const auto* family : {"vezet", "taximeter"}) {
            EXPECT_EQ(find(wrong, family), "session_ended");
        }
        sessions.end(wrong);
    }
    EXPECT_EQ(everything(), before);
    EXPECT_EQ(find(token, "vezet"), "ok");
}

TEST_F(SessionsTest, AnotherFamilysAppIsTurnedAwayAndTheSessionStays) {
    const auto token = begin("vezet");
    const auto before = everything();
    EXPECT_EQ(find(token, "taximeter"), "wrong_app");
    EXPECT_EQ(everything(), before);
    EXPECT_EQ(find(token, "vezet"), "ok");
    EXPECT_EQ(count("driver_session_refusals_total", R"(reason="wrong_app")"), 1);
}

TEST_F(SessionsTest, ANewSessionEndsTheEarlierOneInTheSameAppOnly) {
    const auto taximeter = begin("taximeter");
    const auto first = begin("vezet");
    const auto second = begin("vezet");
    EXPECT_EQ(find(first, "vezet"), "session_ended");
    EXPECT_EQ(find(second, "vezet"), "ok");
    EXPECT_EQ(find(taximeter, "taximeter"), "ok");
    EXPECT_EQ(count("driver_sessions_ended_total", R"(family="vezet",reason="replaced")"), 1);
    // The end of the earlier one, come late, is not the end of this one.
    sessions.end(first);
    EXPECT_EQ(find(second, "vezet"), "ok");
}

TEST_F(SessionsTest, ManyTokensAreFoundTogether) {
    const auto taximeter = begin("taximeter");
    const auto vezet = begin("vezet");
    auto guessed = vezet;
    guessed.back() = guessed.back() == '0' ? '1' : '0';
    const auto commands = [this] {
        std::int64_t sent = 0;
        for (const auto& info : redis.on_every_server({"INFO", "commandstats"})) {
            for (const auto* name : {"hmget", "xrange"}) {
                const auto found = info.text().find("cmdstat_" + std::string(name) + ":calls=");
                sent +=
                    found == std::string::npos ? 0 : std::stoll(info.text().substr(info.text().find('=', found) + 1));
            }
        }
        return sent;
    };
    const auto before = commands();
    const std::vector<ShownToken> shown{{.token = taximeter, .family = "taximeter"},
                                        {.token = "none", .family = "vezet"},
                                        {.token = vezet, .family = "taximeter"},
                                        {.token = guessed, .family = "vezet"},
                                        {.token = vezet, .family = "vezet"}};
    const auto found = sessions.find_each(shown);
    EXPECT_EQ(commands() - before, 5) << "each record, and the revocations once";
    ASSERT_EQ(found.size(), shown.size());
    EXPECT_EQ(std::get<Session>(found[0].value()).driver, driver_of("taximeter"));
    EXPECT_EQ(std::get<SessionRefusal>(found[1].value()), SessionRefusal::unauthorized);
    EXPECT_EQ(std::get<SessionRefusal>(found[2].value()), SessionRefusal::wrong_app);
    EXPECT_EQ(std::get<SessionRefusal>(found[3].value()), SessionRefusal::session_ended);
    EXPECT_EQ(std::get<Session>(found[4].value()).driver, driver_of("vezet"));
    EXPECT_EQ(count("driver_session_refusals_total", R"(reason="wrong_app")"), 1);
    EXPECT_TRUE(sessions.find_each({}).empty());
}

TEST_F(SessionsTest, ARevocationOnAnotherReplicaEndsASessionThatIsFoundAmongOthers) {
    const auto taximeter = begin("taximeter");
    const auto vezet = begin("vezet");
    RedisRevocations elsewhere(redis.pool(), SessionSettings().absolute_lifetime, registry);
    // The record alone, as of a driver who stopped: his session is still there.
    static_cast<void>(elsewhere.revoke(std::vector{driver_subject("vezet_driver")}));
    const std::vector<ShownToken> shown{{.token = taximeter, .family = "taximeter"},
                                        {.token = vezet, .family = "vezet"}};
    const auto found = sessions.find_each(shown);
    EXPECT_EQ(std::get<Session>(found[0].value()).driver, driver_of("taximeter"));
    EXPECT_EQ(std::get<SessionRefusal>(found[1].value()), SessionRefusal::session_ended);
    EXPECT_EQ(find(vezet, "vezet"), "session_ended");
}

TEST_F(SessionsTest, WhileTheStoreIsAwayEachOfManyIsToldSo) {
    const redis::Pool nobody({.uri = "redis://127.0.0.1:1"});
    RedisRevocations record(nobody, SessionSettings().absolute_lifetime, registry);
    RedisSessions away({nobody, directory, record, clock, registry}, digest_of);
    const auto token = make_token(driver_of("vezet"));
    const std::vector<ShownToken> shown{
        {.token = token, .family = "vezet"}, {.token = "none", .family = "vezet"}, {.token = token, .family = "vezet"}};
    const auto found = away.find_each(shown);
    EXPECT_THROW(static_cast<void>(found[0].value()), StoreUnavailable);
    EXPECT_EQ(std::get<SessionRefusal>(found[1].value()), SessionRefusal::unauthorized);
    EXPECT_THROW(static_cast<void>(found[2].value()), StoreUnavailable);
    EXPECT_THROW(static_cast<void>(away.find(token, "vezet")), StoreUnavailable);
}

TEST_F(SessionsTest, NoTokenIsEverGivenTwice) {
    const auto token = begin("vezet");
    sessions.end(token);
    EXPECT_NE(begin("vezet"), token);
}

TEST_F(SessionsTest, ALoggedOutTokenIsOfNoUseAnyMore) {
    const auto token = begin("vezet");
    sessions.end(token);
    EXPECT_EQ(find(token, "vezet"), "session_ended");
    sessions.end(token);
    static_cast<void>(begin("vezet"));
    EXPECT_EQ(find(token, "vezet"), "session_ended");
    EXPECT_EQ(count("driver_sessions_ended_total", R"(family="vezet",reason="logged_out")"), 1);
}

TEST_F(SessionsTest, LoggingOutOfOneAppLeavesTheOther) {
    const auto taximeter = begin("taximeter");
    const auto vezet = begin("vezet");
    ASSERT_TRUE(statuses.set(session(taximeter, "taximeter"), DriverStatus::busy));
    ASSERT_TRUE(statuses.set(session(vezet, "vezet"), DriverStatus::free));
    sessions.end(vezet);
    EXPECT_EQ(find(taximeter, "taximeter"), "ok");
    EXPECT_EQ(statuses.get(driver_of("taximeter")), DriverStatus::busy);
    EXPECT_EQ(statuses.get(driver_of("vezet")), DriverStatus::offline);
}

TEST_F(SessionsTest, TwoLoginsAtOnceLeaveOneSession) {
    constexpr int rounds = 20;
    constexpr int logins = 4;
    for (int round = 0; round < rounds; ++round) {
        std::vector<std::string> tokens(logins);
        std::latch start(logins);
        {
            std::vector<std::jthread> apps;
            for (auto& token : tokens) {
                apps.emplace_back([&] {
                    start.arrive_and_wait();
                    token = begin("vezet");
                });
            }
        }
        EXPECT_EQ(std::ranges::count_if(tokens, [&](const auto& token) { return find(token, "vezet") == "ok"; }), 1);
    }
    EXPECT_EQ(count("driver_sessions_ended_total", R"(family="vezet",reason="replaced")"), rounds * logins - 1);
}

TEST_F(SessionsTest, EndAfterTheAbsoluteLifetimeHoweverMuchTheyAreUsed) {
    const auto token = begin("vezet");
    for (int day = 1; day < 30; ++day) {
        clock.advance(24h);
        ASSERT_EQ(find(token, "vezet"), "ok") << day;
    }
    clock.advance(24h - 1ms);
    EXPECT_EQ(find(token, "vezet"), "ok");
    clock.advance(1ms);
    EXPECT_EQ(find(token, "vezet"), "session_ended");
}

TEST_F(SessionsTest, EndWhenTheyAreNotUsedForTheIdleLifetime) {
    const auto token = begin("vezet");
    clock.advance(14 * 24h - 1ms);
    EXPECT_EQ(find(token, "vezet"), "ok");
    clock.advance(14 * 24h - 1ms);
    EXPECT_EQ(find(token, "vezet"), "ok");
    clock.advance(14 * 24h);
    EXPECT_EQ(find(token, "vezet"), "session_ended");
}

TEST_F(SessionsTest, RedisDropsWhatHasExpired) {
    const auto expires_at_ms = [&] {
        return call({"PEXPIRETIME", session_key(redis_tag(driver_of("vezet")))}).integer();
    };
    const auto now_ms = [&] {
        return std::chrono::floor<std::chrono::milliseconds>(clock.now()).time_since_epoch().count();
    };
    const auto token = begin("vezet");
    const auto begun_at_ms = now_ms();
    constexpr std::int64_t day_ms = 86'400'000;
    EXPECT_EQ(expires_at_ms(), begun_at_ms + 14 * day_ms);
    clock.advance(10 * 24h);
    ASSERT_EQ(find(token, "vezet"), "ok");
    EXPECT_EQ(expires_at_ms(), begun_at_ms + 24 * day_ms);
    EXPECT_GT(call({"PTTL", state_key(redis_tag(driver_of("vezet")))}).integer(), 14 * day_ms - 60'000);
    clock.advance(10 * 24h);
    ASSERT_EQ(find(token, "vezet"), "ok");
    EXPECT_EQ(expires_at_ms(), begun_at_ms + 30 * day_ms);
}

TEST_F(SessionsTest, UseIsNotedNowAndThenOnly) {
    const auto token = begin("vezet");
    const auto before = everything();
    clock.advance(std::chrono::milliseconds(14 * 24h) / 200 - 1ms);
    EXPECT_EQ(find(token, "vezet"), "ok");
    EXPECT_EQ(everything(), before);
    clock.advance(1ms);
    EXPECT_EQ(find(token, "vezet"), "ok");
    EXPECT_NE(everything(), before);
}

TEST_F(SessionsTest, ARequestUnderWayDoesNotBringAnEndedSessionBack) {
    constexpr int rounds = 100;
    for (int round = 0; round < rounds; ++round) {
        const auto token = begin("vezet");
        // So that use is noted.
        clock.advance(3h);
        std::latch start(2);
        {
            const std::jthread user([&] {
                start.arrive_and_wait();
                static_cast<void>(find(token, "vezet"));
            });
            start.arrive_and_wait();
            sessions.end(token);
        }
        ASSERT_EQ(call({"EXISTS", session_key(redis_tag(driver_of("vezet")))}).integer(), 0);
    }
}

TEST_F(SessionsTest, EndWhenTheDriverStopsWorking) {
    const auto taximeter = begin("taximeter");
    for (const auto status : {WorkStatus::fired, WorkStatus::not_working, WorkStatus::other}) {
        const auto token = begin("vezet");
        ASSERT_TRUE(statuses.set(session(token, "vezet"), DriverStatus::free));
        directory.set_work_status("vezet_driver", status);
        EXPECT_EQ(find(token, "vezet"), "session_ended");
        EXPECT_EQ(statuses.get(driver_of("vezet")), DriverStatus::offline);
        directory.set_work_status("vezet_driver", WorkStatus::working);
        EXPECT_EQ(find(token, "vezet"), "session_ended") << "what has ended stays so";
    }
    EXPECT_EQ(find(taximeter, "taximeter"), "ok");
    EXPECT_EQ(count("driver_sessions_ended_total", R"(family="vezet",reason="driver_not_working")"), 3);
}

TEST_F(SessionsTest, EndWhenTheParkIsDisabled) {
    const auto token = begin("vezet");
    const auto taximeter = begin("taximeter");
    directory.set_active("vezet_park", false);
    EXPECT_EQ(find(token, "vezet"), "session_ended");
    directory.set_active("vezet_park", true);
    EXPECT_EQ(find(token, "vezet"), "session_ended");
    EXPECT_EQ(find(taximeter, "taximeter"), "ok");
    EXPECT_EQ(count("driver_sessions_ended_total", R"(family="vezet",reason="park_not_active")"), 1);
}

TEST_F(SessionsTest, AStaleDirectoryLetsNobodyInAndEndsNothing) {
    const auto token = begin("vezet");
    directory.set_work_status("vezet_driver", WorkStatus::fired);
    directory.set_stale(true);
    const auto before = everything();
    EXPECT_EQ(find(token, "vezet"), "unavailable");
    EXPECT_EQ(everything(), before);
    directory.set_work_status("vezet_driver", WorkStatus::working);
    directory.set_stale(false);
    EXPECT_EQ(find(token, "vezet"), "ok");
    EXPECT_EQ(count("driver_session_refusals_total", R"(reason="unavailable")"), 1);
}

TEST_F(SessionsTest, ANewProfileIsLetInUntilTheDirectoryWouldHoldIt) {
    directory.remove_driver("vezet_driver");
    directory.set_complete_until(clock.now() - 1s);
    const auto token = begin("vezet");
    EXPECT_EQ(find(token, "vezet"), "ok");
    directory.set_complete_until(clock.now() + 1min);
    EXPECT_EQ(find(token, "vezet"), "session_ended");
    EXPECT_EQ(count("driver_sessions_ended_total", R"(family="vezet",reason="driver_missing")"), 1);
}

TEST_F(SessionsTest, ABrokenRecordLetsNobodyIn) {
    const auto token = begin("vezet");
    static_cast<void>(call({"HSET", session_key(redis_tag(driver_of("vezet"))), "created_at_ms", "soon"}));
    EXPECT_EQ(find(token, "vezet"), "session_ended");
}

TEST_F(SessionsTest, TakeIdsOfAnyBytes) {
    const DriverKey odd{.park_id = std::string("}\0{\r\n", 5), .driver_id = "\xff' \""};
    directory.put(driver_cache::Park{.id = odd.park_id, .is_active = true});
    directory.put(driver_cache::Driver{
        .id = odd.driver_id, .park_id = odd.park_id, .phones = {phone}, .work_status = WorkStatus::working});
    const auto token = sessions.begin(odd, "vezet", log_in()).value();
    EXPECT_EQ(std::get<Session>(sessions.find(token, "vezet")).driver, odd);
}

TEST_F(SessionsTest, LiveAtLeastASecond) {
    const auto make = [&](const SessionSettings& settings) { static_cast<void>(sessions_with(revocations, settings)); };
    EXPECT_THROW(make({.absolute_lifetime = 0s}), std::invalid_argument);
    EXPECT_THROW(make({.idle_lifetime = 0s}), std::invalid_argument);
}

TEST_F(SessionsTest, AreCountedThatNoReplicaHas) {
    using twinfleet::testing::TestRedis;
    const redis::Pool pool(twinfleet::testing::patient_redis_settings(redis.uri()));
    RedisSessions waiting({pool, directory, revocations, clock, registry}, digest_of);
    EXPECT_EQ(find(waiting.begin(driver_of("vezet"), "vezet", log_in()).value(), "vezet"), "ok")
        << "the driver gets in all the same";
    // The cluster of the tests has no replicas; of a single server nobody is waited for.
    EXPECT_EQ(count("driver_sessions_unreplicated_total", R"(family="vezet")"), TestRedis::is_cluster() ? 1 : 0);
}

TEST_F(SessionsTest, OutliveARestartOfRedis) {
    twinfleet::testing::RedisServer server(twinfleet::testing::RedisServer::Persistence::append_only_file);
    const redis::Pool pool({.uri = server.uri(), .command_timeout = 20s});
    RedisRevocations persistent_record(pool, SessionSettings().absolute_lifetime, registry);
    RedisSessions persistent({pool, directory, persistent_record, clock, registry}, digest_of);
    RedisStatuses persistent_statuses(pool);
    const auto token = persistent.begin(driver_of("vezet"), "vezet", {.phone = phone}).value();
    const auto found = std::get<Session>(persistent.find(token, "vezet"));
    ASSERT_TRUE(persistent_statuses.set(found, DriverStatus::busy));
    server.kill();
    EXPECT_THROW(static_cast<void>(persistent.find(token, "vezet")), StoreUnavailable);
    server.restart();
    EXPECT_TRUE(std::holds_alternative<Session>(persistent.find(token, "vezet")));
    EXPECT_EQ(persistent_statuses.get(driver_of("vezet")), DriverStatus::busy);
}

TEST_F(SessionsTest, NobodyIsLetInWhileRedisDoesNotAnswer) {
    twinfleet::testing::RedisServer server;
    const redis::Pool pool({.uri = server.uri(), .connect_timeout = 50ms, .command_timeout = 50ms});
    RedisRevocations paused_record(pool, SessionSettings().absolute_lifetime, registry);
    RedisSessions paused({pool, directory, paused_record, clock, registry}, digest_of);
    RedisStatuses paused_statuses(pool);
    const redis::Pool patient({.uri = server.uri(), .connect_timeout = 20s, .command_timeout = 20s});
    RedisRevocations record_before(patient, SessionSettings().absolute_lifetime, registry);
    RedisSessions before({patient, directory, record_before, clock, registry}, digest_of);
    const auto token = before.begin(driver_of("vezet"), "vezet", {.phone = phone}).value();
    const auto found = std::get<Session>(before.find(token, "vezet"));
    server.pause();
    EXPECT_THROW(static_cast<void>(paused.find(token, "vezet")), StoreUnavailable);
    EXPECT_THROW(static_cast<void>(paused.begin(driver_of("vezet"), "vezet", {.phone = phone})), StoreUnavailable);
    EXPECT_THROW(paused.end(token), StoreUnavailable);
    EXPECT_THROW(static_cast<void>(paused_statuses.get(driver_of("vezet"))), StoreUnavailable);
    EXPECT_THROW(static_cast<void>(paused_statuses.set(found, DriverStatus::free)), StoreUnavailable);
    server.resume();
}

class StatusesTest : public SessionsTest {};

TEST_F(StatusesTest, AreOfflineAtFirst) {
    EXPECT_EQ(statuses.get(driver_of("vezet")), DriverStatus::offline);
    static_cast<void>(begin("vezet"));
    EXPECT_EQ(statuses.get(driver_of("vezet")), DriverStatus::offline);
}

TEST_F(StatusesTest, AreWhatTheDriverSaidLast) {
    const auto found = session(begin("vezet"), "vezet");
    for (const auto status : {DriverStatus::free, DriverStatus::busy, DriverStatus::offline, DriverStatus::free}) {
        EXPECT_TRUE(statuses.set(found, status));
        EXPECT_EQ(statuses.get(driver_of("vezet")), status);
    }
    static_cast<void>(begin("vezet"));
    EXPECT_EQ(statuses.get(driver_of("vezet")), DriverStatus::offline) << "after a new login";
}

TEST_F(StatusesTest, AreNotSetByASessionThatHasEnded) {
    const auto ended = session(begin("vezet"), "vezet");
    const auto token = begin("vezet");
    EXPECT_FALSE(statuses.set(ended, DriverStatus::free));
    EXPECT_EQ(statuses.get(driver_of("vezet")), DriverStatus::offline);
    sessions.end(token);
    EXPECT_FALSE(statuses.set(ended, DriverStatus::free));
    EXPECT_EQ(statuses.get(driver_of("vezet")), DriverStatus::offline);
}

TEST_F(StatusesTest, OfManyDriversComeByTag) {
    ASSERT_TRUE(statuses.set(session(begin("vezet"), "vezet"), DriverStatus::busy));
    static_cast<void>(begin("taximeter"));
    const std::vector<std::string> tags{redis_tag(driver_of("taximeter")), std::string(32, '0'),
                                        redis_tag(driver_of("vezet"))};
    const auto states = statuses.states(tags);
    ASSERT_EQ(states.size(), 3U);
    EXPECT_EQ(states[0].value().driver, driver_of("taximeter"));
    EXPECT_EQ(states[0].value().family, "taximeter");
    EXPECT_EQ(states[0].value().status, DriverStatus::offline);
    EXPECT_FALSE(states[1]);
    EXPECT_EQ(states[2].value().driver, driver_of("vezet"));
    EXPECT_EQ(states[2].value().status, DriverStatus::busy);
    EXPECT_TRUE(statuses.states({}).empty());
}

TEST_F(StatusesTest, TellWhoHasNoSessionAnyMore) {
    const auto token = begin("vezet");
    const std::vector<std::string> tags{redis_tag(driver_of("vezet"))};
    EXPECT_TRUE(statuses.states(tags).front().value().is_logged_in);
    sessions.end(token);
    EXPECT_FALSE(statuses.states(tags).front().value().is_logged_in);
}

TEST_F(StatusesTest, AreForgottenAfterTheirLifetime) {
    RedisStatuses brief(redis.pool(), 1'000s);
    ASSERT_TRUE(brief.set(session(begin("vezet"), "vezet"), DriverStatus::free));
    const auto left_ms = call({"PTTL", state_key(redis_tag(driver_of("vezet")))}).integer();
    EXPECT_GT(left_ms, 900'000);
    EXPECT_LE(left_ms, 1'000'000);
}

/// A Redis of one's own with a session, which is due for a note of its use.
class SessionsThatTakeNoWrites : public ::testing::Test, protected DriverSide {
protected:
    SessionsThatTakeNoWrites() : token(own_sessions.begin(driver_of("vezet"), "vezet", {.phone = phone}).value()) {
        clock.advance(24h);
    }

    std::string find_own() {
        const auto found = own_sessions.find(token, "vezet");
        return std::holds_alternative<Session>(found)                             ? "ok"
               : std::get<SessionRefusal>(found) == SessionRefusal::session_ended ? "session_ended"
                                                                                  : "refused";
    }

    twinfleet::testing::RedisServer server;
    const redis::Pool pool{{.uri = server.uri(), .command_timeout = 20s}};
    metrics::Registry own_registry;
    RedisRevocations own_record{pool, SessionSettings().absolute_lifetime, own_registry};
    RedisSessions own_sessions{{pool, directory, own_record, clock, own_registry}, digest_of};
    const std::string token;
};

TEST_F(SessionsThatTakeNoWrites, AFullRedisLetsInAndOut) {
    (void)pool.call({"CONFIG", "SET", "maxmemory", "1"});
    ASSERT_THROW((void)pool.call({"SET", "one", "more"}), StoreUnavailable);
    EXPECT_EQ(find_own(), "ok");
    EXPECT_THAT(own_registry.text(), HasSubstr("driver_session_notes_lost_total 1"));
    own_sessions.end(token);
    EXPECT_EQ(find_own(), "session_ended");
}

TEST_F(SessionsThatTakeNoWrites, AFullRedisLetsNobodyInWhoWorksNoMore) {
    (void)pool.call({"CONFIG", "SET", "maxmemory", "1"});
    directory.set_work_status("vezet_driver", WorkStatus::fired);
    EXPECT_EQ(find_own(), "session_ended");
    directory.set_work_status("vezet_driver", WorkStatus::working);
    EXPECT_EQ(find_own(), "session_ended") << "to end it needs no memory";
}

TEST_F(SessionsThatTakeNoWrites, AReplicaLetsInAndNobodyWhoWorksNoMore) {
    (void)pool.call({"REPLICAOF", "127.0.0.1", "1"});
    ASSERT_THROW((void)pool.call({"SET", "one", "more"}), StoreUnavailable);
    EXPECT_EQ(find_own(), "ok");
    directory.set_work_status("vezet_driver", WorkStatus::fired);
    EXPECT_EQ(find_own(), "session_ended");
    EXPECT_THROW(own_sessions.end(token), StoreUnavailable) << "to log out is to write";
}

}  // namespace
}  // namespace twinfleet::driver_sessions
