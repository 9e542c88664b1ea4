#include "capabilities/driver_login/secrets/login_secrets.hpp"
#include "capabilities/driver_login/store/login_store_redis.hpp"
#include "capabilities/driver_login/testing/login_store_contract.hpp"
#include "platform/errors/store_error.hpp"
#include "tests/support/redis_server.hpp"

namespace twinfleet::driver_login {
namespace {

using namespace std::chrono_literals;

class InRedis {
public:
    LoginStore& store() { return store_; }

private:
    twinfleet::testing::TestRedis redis_;
    RedisLoginStore store_{redis_.pool(), LoginLimits()};
};

}  // namespace

namespace testing {
INSTANTIATE_TYPED_TEST_SUITE_P(InRedis, LoginStoreContract, InRedis);
}  // namespace testing

namespace {

class RedisLoginStoreTest : public ::testing::Test {
protected:
    std::vector<std::string> keys() const { return redis.keys("*"); }

    CodeAdded::Outcome add(const std::string& login) {
        return store
            .add_code({.phone_key = "aa",
                       .login_key = login,
                       .code_digest = "cc",
                       .sealed_phone = "dd",
                       .family = "vezet",
                       .device = {.key = login}},
                      now)
            .outcome;
    }
    GuessOutcome guess(const std::string& digest, const std::string& login = "bb") {
        return store
            .guess({.login = {.phone_key = "aa", .device = {.key = login}},
                    .login_key = login,
                    .code_digest = digest,
                    .family = "vezet",
                    .token_key = "99",
                    .remembered = {.token_key = "88", .address_key = "77"}},
                   now)
            .outcome;
    }

    twinfleet::testing::TestRedis redis;
    RedisLoginStore store{redis.pool(), LoginLimits()};
    const platform::Time now{1'700'000'000s};
};

TEST_F(RedisLoginStoreTest, EveryKeyExpiresByItselfAndHasATag) {
    ASSERT_EQ(store.count(CountedStep::start, {"aa", "ab"}, Acquaintance::stranger, now).retry_after, 0ms);
    ASSERT_EQ(add("bb"), CodeAdded::Outcome::added);
    ASSERT_EQ(guess("ee"), GuessOutcome::wrong);
    ASSERT_EQ(guess("cc"), GuessOutcome::right);
    ASSERT_EQ(add("b0"), CodeAdded::Outcome::added);
    ASSERT_EQ(guess("ee", "b0"), GuessOutcome::wrong);
    ASSERT_EQ(store.count_message({.country = 7}, {"park"}, now), MessageCeiling::none);
    store.put_token("ff", {"dd", "vezet"}, now);
    const auto names = keys();
    EXPECT_EQ(names.size(), 13U);
    for (const auto& name : names) {
        EXPECT_GT(redis.pool().call(redis::Command{"PTTL", name}).integer(), 0) << name;
        EXPECT_LT(name.find('{'), name.find('}')) << name;
    }
}

TEST_F(RedisLoginStoreTest, KeysOfOnePhoneAreInOneSlot) {
    ASSERT_EQ(add("bb"), CodeAdded::Outcome::added);
    int of_the_phone = 0;
    for (const auto& name : keys()) {
        of_the_phone += name.ends_with("{aa}") ? 1 : 0;
    }
    EXPECT_EQ(of_the_phone, 2);
}

TEST_F(RedisLoginStoreTest, SaysWhenRedisIsAway) {
    redis::Settings settings;
    settings.uri = "redis://127.0.0.1:1";
    const redis::Pool nowhere(settings);
    RedisLoginStore away(nowhere, LoginLimits());
    EXPECT_THROW((void)away.count(CountedStep::start, {"aa", "ab"}, Acquaintance::stranger, now),
                 platform::StoreUnavailable);
    EXPECT_THROW((void)away.guess({.login = {"aa", {"bb"}}, .login_key = "cc"}, now), platform::StoreUnavailable);
    EXPECT_THROW((void)away.take_token("aa", now), platform::StoreUnavailable);
}

TEST_F(RedisLoginStoreTest, AStrangersStartsCostLittleAndEnd) {
    const LoginSecrets secrets(std::string(64, 'k'));
    const auto used_bytes = [&] {
        std::int64_t bytes = 0;
        for (const redis::Reply& info : redis.on_every_server({"INFO", "memory"})) {
            bytes += std::stoll(info.text().substr(info.text().find("used_memory:") + 12));
        }
        return bytes;
    };
    const auto start = [&](int i) {
        const auto key_of = [&](const char* kind, std::size_t digits) {
            return secrets.digest(kind, std::to_string(i)).substr(0, digits);
        };
        const Origin origin{.address_key = "", .network_key = key_of("network", 32)};
        if (store.count(CountedStep::start, origin, Acquaintance::stranger, now).retry_after > 0ms) {
            return false;
        }
        return store
                   .add_code({.phone_key = key_of("phone", 32),
                              .login_key = key_of("login", 32),
                              .code_digest = key_of("code", 32),
                              .sealed_phone = secrets.seal("+79031234567"),
                              .family = "taximeter",
                              .device = {.key = key_of("device", 16)}},
                             now)
                   .outcome == CodeAdded::Outcome::added;
    };
    ASSERT_TRUE(start(0));
    const auto before = used_bytes();
    int started = 1;
    for (int i = 1; i < 20'000; ++i) {
        started += start(i) ? 1 : 0;
    }
    EXPECT_EQ(started, 3'000);
    // The 17,000 others leave nothing.
    const auto cost = used_bytes() - before;
    RecordProperty("bytes", static_cast<int>(cost));
    EXPECT_LT(cost, 3'000 * 1'700);
    // What stays for a day.
    for (const auto& name : keys()) {
        if (!name.starts_with("login_sent:")) {
            (void)redis.pool().call(redis::Command{"DEL", name});
        }
    }
    const auto lasting = used_bytes() - before;
    RecordProperty("lasting_bytes", static_cast<int>(lasting));
    EXPECT_LT(lasting, 3'000 * 400);
}

TEST_F(RedisLoginStoreTest, TakesWhatIsNoTokenOfItsOwnForNone) {
    for (const char* junk : {"", "x", "99999999999999999999:aa:f", ":", "9999999999999", "9999999999999:nocolon"}) {
        (void)redis.pool().call(redis::Command{"SET", "login_token:{aa}", junk});
        EXPECT_EQ(store.find_token("aa", now), std::nullopt) << junk;
    }
}

}  // namespace
}  // namespace twinfleet::driver_login
