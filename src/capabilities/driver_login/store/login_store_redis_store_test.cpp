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

    twinfleet::testing::TestRedis redis;
    RedisLoginStore store{redis.pool(), LoginLimits()};
    const platform::Time now{1'700'000'000s};
};

TEST_F(RedisLoginStoreTest, EveryKeyExpiresByItselfAndHasATag) {
    ASSERT_EQ(store.count_start("aa", now), 0ms);
    ASSERT_EQ(store.add_code({"aa", "bb", "cc", "dd", "vezet"}, now).outcome, CodeAdded::Outcome::added);
    ASSERT_EQ(store.guess({"aa", "bb", "ee", "vezet"}, now), GuessOutcome::wrong);
    store.put_token("ff", {"dd", "vezet"}, now);
    const auto names = keys();
    EXPECT_EQ(names.size(), 5U);
    for (const auto& name : names) {
        EXPECT_GT(redis.pool().call(redis::Command{"PTTL", name}).integer(), 0) << name;
        EXPECT_LT(name.find('{'), name.find('}')) << name;
    }
}

TEST_F(RedisLoginStoreTest, KeysOfOnePhoneAreInOneSlot) {
    ASSERT_EQ(store.add_code({"aa", "bb", "cc", "dd", "vezet"}, now).outcome, CodeAdded::Outcome::added);
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
    EXPECT_THROW((void)away.count_start("aa", now), platform::StoreUnavailable);
    EXPECT_THROW((void)away.guess({"aa", "bb", "ee", "vezet"}, now), platform::StoreUnavailable);
    EXPECT_THROW((void)away.take_token("aa", now), platform::StoreUnavailable);
}

TEST_F(RedisLoginStoreTest, TakesWhatIsNoTokenOfItsOwnForNone) {
    for (const char* junk : {"", "x", "99999999999999999999:aa:f", ":", "9999999999999", "9999999999999:nocolon"}) {
        (void)redis.pool().call(redis::Command{"SET", "login_token:{aa}", junk});
        EXPECT_EQ(store.find_token("aa", now), std::nullopt) << junk;
    }
}

}  // namespace
}  // namespace twinfleet::driver_login
