// The login over a real Redis: what limits and secrecy are worth when everything runs at once.
#include <atomic>
#include <map>
#include <sstream>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "capabilities/driver_login/store/login_store_redis.hpp"
#include "capabilities/driver_login/testing/login_stand.hpp"
#include "tests/support/redis_server.hpp"

namespace twinfleet::driver_login {
namespace {

using namespace std::chrono_literals;
using testing::LoginStand;

class LoginOverRedis : public ::testing::Test {
protected:
    /// Commands the servers have run since the last reset, by name, those within scripts included. Which server of a
    /// cluster runs them depends on the phone.
    std::string commands_run() {
        std::map<std::string, int> calls;
        for (const auto& stats : redis.on_every_server({"INFO", "commandstats"})) {
            std::istringstream lines(stats.text());
            for (std::string line; std::getline(lines, line);) {
                constexpr std::string_view count = ":calls=";
                const auto at = line.find(count);
                if (at != std::string::npos && line.find("info") == std::string::npos &&
                    line.find("config") == std::string::npos && line.find("cluster") == std::string::npos) {
                    calls[line.substr(0, at)] += std::stoi(line.substr(at + count.size()));
                }
            }
        }
        redis.on_every_server({"CONFIG", "RESETSTAT"});
        std::string commands;
        for (const auto& [name, number] : calls) {
            commands += name + ' ' + std::to_string(number) + '\n';
        }
        return commands;
    }

    twinfleet::testing::TestRedis redis;
    RedisLoginStore store{redis.pool(), LoginLimits()};
    LoginStand stand{store};
};

TEST_F(LoginOverRedis, LogsInAndLeavesNothingThatWorksAgain) {
    const auto login_id = stand.start(LoginStand::known_phone, LoginStand::vezet_agent).text("login_id");
    const auto code = stand.code();
    const auto token = stand.verify(login_id, code, LoginStand::vezet_agent).text("login_token");
    EXPECT_EQ(stand.park(token, "child-park", LoginStand::vezet_agent).status, 200);
    EXPECT_EQ(stand.verify(login_id, code, LoginStand::vezet_agent).outcome(), "410 code_expired");
    EXPECT_EQ(stand.park(token, "child-park", LoginStand::vezet_agent).outcome(), "401 login_token_expired");
}

TEST_F(LoginOverRedis, RunsTheSameCommandsForAKnownAndAnUnknownPhone) {
    // The scripts are loaded by these, on every server of a cluster.
    for (int phone = 10; phone < 50; ++phone) {
        const auto warm_up = stand.start("+790377777" + std::to_string(phone)).text("login_id");
        EXPECT_EQ(stand.verify(warm_up, "000000").status, 401);
    }
    stand.queue.wait_until_idle();
    (void)commands_run();

    std::string known;
    std::string unknown;
    {
        // What the queue does comes after the answer.
        const std::lock_guard gate(stand.message_gate);
        known = stand.start(LoginStand::known_phone).text("login_id");
        const auto known_start = commands_run();
        unknown = stand.start(LoginStand::unknown_phone).text("login_id");
        EXPECT_EQ(commands_run(), known_start);
        EXPECT_NE(known_start, "");
    }
    stand.queue.wait_until_idle();
    (void)commands_run();

    EXPECT_EQ(stand.verify(known, LoginStand::other_than(stand.code())).outcome(), "401 wrong_code");
    const auto known_verification = commands_run();
    EXPECT_EQ(stand.verify(unknown, "x").status, 400);
    EXPECT_EQ(commands_run(), "") << "malformed codes do not get that far";
    EXPECT_EQ(stand.verify(unknown, LoginStand::other_than(stand.code())).outcome(), "401 wrong_code");
    EXPECT_EQ(commands_run(), known_verification);
}

TEST_F(LoginOverRedis, NoPhoneCodeOrTokenIsInRedis) {
    const auto login_id = stand.start(LoginStand::known_phone).text("login_id");
    const auto code = stand.code();
    std::vector<std::string> secrets = {"9031234567", code, login_id};
    const auto look = [&] {
        const auto names = redis.keys("*");
        EXPECT_FALSE(names.empty());
        std::string all;
        for (const auto& name : names) {
            all += name + ' ';
            const auto type = redis.pool().call(redis::Command{"TYPE", name}).text();
            if (type == "string") {
                all += redis.pool().call(redis::Command{"GET", name}).text() + '\n';
                continue;
            }
            const auto values = redis.pool().call(type == "hash" ? redis::Command{"HGETALL", name}
                                                                 : redis::Command{"LRANGE", name, "0", "-1"});
            for (const auto& value : values.items()) {
                all += value.text() + ' ';
            }
            all += '\n';
        }
        for (const auto& secret : secrets) {
            // Six digits may well be part of a digest or a time; as a value of its own they may not.
            const bool is_code = secret.size() == code_length;
            EXPECT_EQ(all.find(is_code ? ' ' + secret + ' ' : secret), std::string::npos) << all;
            EXPECT_EQ(all.find(is_code ? ':' + secret + ':' : secret), std::string::npos) << all;
        }
    };
    look();
    secrets.push_back(stand.verify(login_id, code).text("login_token"));
    look();
}

TEST_F(LoginOverRedis, GuessingInParallelGetsFiveTries) {
    const auto login_id = stand.start(LoginStand::known_phone).text("login_id");
    const auto code = stand.code();
    std::atomic<int> wrong = 0;
    std::atomic<int> too_many = 0;
    std::atomic<int> expired = 0;
    std::atomic<int> others = 0;
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 8; ++i) {
            threads.emplace_back([&, i] {
                for (int j = 0; j < 20; ++j) {
                    // None of these is the code.
                    std::string guess = std::to_string(100'000 + i * 20 + j);
                    guess = guess == code ? LoginStand::other_than(code) : guess;
                    const auto outcome = stand.verify(login_id, guess).outcome();
                    wrong += outcome == "401 wrong_code" ? 1 : 0;
                    too_many += outcome == "429 too_many_attempts" ? 1 : 0;
                    expired += outcome == "410 code_expired" ? 1 : 0;
                    others +=
                        outcome.starts_with("401") || outcome.starts_with("429") || outcome.starts_with("410") ? 0 : 1;
                }
            });
        }
    }
    EXPECT_EQ(wrong, 4);
    EXPECT_EQ(too_many, 1);
    EXPECT_EQ(expired, 155);
    EXPECT_EQ(others, 0);
    EXPECT_EQ(stand.verify(login_id, code).outcome(), "410 code_expired");
}

TEST_F(LoginOverRedis, ManyStartsOfADeviceAtOnceSendOneCode) {
    std::atomic<int> started = 0;
    std::atomic<int> too_early = 0;
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 8; ++i) {
            threads.emplace_back([&] {
                const auto outcome = stand.start(LoginStand::known_phone).outcome();
                started += outcome == "200 none" ? 1 : 0;
                too_early += outcome == "429 resend_too_early" ? 1 : 0;
            });
        }
    }
    EXPECT_EQ(started, 1);
    EXPECT_EQ(too_early, 7);
    stand.queue.wait_until_idle();
    EXPECT_EQ(stand.messages.all().size(), 1U);
}

TEST_F(LoginOverRedis, OneCodeAndOneTokenWorkOnceForAllWhoRace) {
    for (int round = 0; round < 3; ++round) {
        const auto login_id = stand.start(LoginStand::known_phone, LoginStand::vezet_agent).text("login_id");
        const auto code = stand.code();
        std::atomic<int> verified = 0;
        std::string token;
        {
            std::vector<std::jthread> threads;
            for (int i = 0; i < 6; ++i) {
                threads.emplace_back([&] {
                    const auto answer = stand.verify(login_id, code, LoginStand::vezet_agent);
                    if (answer.status == 200) {
                        ++verified;
                        token = answer.text("login_token");
                    } else {
                        EXPECT_EQ(answer.outcome(), "410 code_expired");
                    }
                });
            }
        }
        ASSERT_EQ(verified, 1);
        std::atomic<int> logged_in = 0;
        {
            std::vector<std::jthread> threads;
            for (int i = 0; i < 6; ++i) {
                threads.emplace_back([&] {
                    const auto answer = stand.park(token, "child-park", LoginStand::vezet_agent);
                    logged_in += answer.status == 200 ? 1 : 0;
                    EXPECT_TRUE(answer.status == 200 || answer.outcome() == "401 login_token_expired");
                });
            }
        }
        EXPECT_EQ(logged_in, 1);
        EXPECT_EQ(stand.sessions.begun().size(), static_cast<std::size_t>(round + 1));
        stand.clock.advance(60s);
    }
}

TEST(LoginWithoutRedis, LetsNobodyInAndRecovers) {
    twinfleet::testing::RedisServer server;
    redis::Settings settings;
    settings.uri = server.uri();
    settings.connect_timeout = settings.command_timeout = 300ms;
    const redis::Pool pool(settings);
    RedisLoginStore store(pool, LoginLimits());
    LoginStand stand(store);
    const auto login_id = stand.start(LoginStand::known_phone).text("login_id");
    const auto code = stand.code();
    server.stop();
    const auto answer = stand.start(LoginStand::unknown_phone);
    EXPECT_EQ(answer.outcome(), "503 unavailable");
    EXPECT_NE(answer.header("Retry-After"), "none");
    EXPECT_EQ(stand.verify(login_id, code).outcome(), "503 unavailable");
    EXPECT_EQ(stand.park(std::string(64, '0'), "park").outcome(), "503 unavailable");
    server.restart();
    EXPECT_EQ(stand.verify(login_id, code).outcome(), "410 code_expired") << "it remembered nothing";
    stand.clock.advance(60s);
    const auto again = stand.start(LoginStand::known_phone).text("login_id");
    EXPECT_EQ(stand.verify(again, stand.code()).status, 200);
    server.pause();
    EXPECT_EQ(stand.start(LoginStand::unknown_phone).outcome(), "503 unavailable") << "a Redis that hangs";
    server.resume();
}

}  // namespace
}  // namespace twinfleet::driver_login
