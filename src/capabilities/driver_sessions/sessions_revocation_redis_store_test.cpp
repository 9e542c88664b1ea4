// What ends sessions that nobody uses: requests that revoke them, and stops that are over when they are used again.
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "capabilities/driver_sessions/hash_redis.hpp"
#include "capabilities/driver_sessions/revocation/stops.hpp"
#include "capabilities/driver_sessions/sessions_redis.hpp"
#include "capabilities/driver_sessions/testing/driver_side.hpp"
#include "platform/errors/store_error.hpp"

namespace twinfleet::driver_sessions {
namespace {

using namespace std::chrono_literals;
using driver_cache::Driver;
using driver_cache::Park;
using driver_cache::WorkStatus;
using testing::DriverSide;
using Kind = RevocationTarget::Kind;

/// `vezet_driver` is the child of `taximeter_driver`, `vezet_park` that of `taximeter_park`.
class SessionRevocationTest : public ::testing::Test, protected DriverSide {
protected:
    SessionRevocationTest() {
        change_driver("vezet_driver", [](Driver& driver) { driver.parent_driver_id = "taximeter_driver"; });
        change_park("vezet_park", [](Park& park) {
            park.fleet_type = "vezet";
            park.parent_park_id = "taximeter_park";
        });
    }

    /// As a pass over MongoDB does that sees the change.
    template <typename Change>
    void change_driver(const std::string& id, Change change) {
        const auto before = directory.driver(id).value();
        auto after = before;
        change(after);
        stops.driver_changed(before, &after, ++version);
        directory.put(after);
    }
    template <typename Change>
    void change_park(const std::string& id, Change change) {
        const auto before = directory.park(id).value();
        auto after = before;
        change(after);
        stops.park_changed(before, &after, ++version);
        directory.put(after);
    }
    void set_work_status(const std::string& id, WorkStatus status) {
        change_driver(id, [&](Driver& driver) { driver.work_status = status; });
    }
    void set_active(const std::string& id, bool is_active) {
        change_park(id, [&](Park& park) { park.is_active = is_active; });
    }
    /// What the writer does by itself.
    void write_stops() { revocations.flush(); }
    int ended(const std::string& family, const std::string& reason) {
        return count("driver_sessions_ended_total", "family=\"" + family + "\",reason=\"" + reason + '"');
    }
    bool is_stored(const std::string& family) {
        return redis.pool().call({"EXISTS", session_key(redis_tag(driver_of(family)))}).integer() == 1;
    }

    Stops stops{revocations, digest_of};
    std::uint64_t version = 0;
};

TEST_F(SessionRevocationTest, ADriverIsRevokedInHisOwnAppAlone) {
    const auto taximeter = begin("taximeter");
    const auto vezet = begin("vezet");
    ASSERT_TRUE(statuses.set(session(vezet, "vezet"), DriverStatus::free));
    EXPECT_EQ(sessions.revoke({.kind = Kind::driver, .id = "vezet_driver"}), 1U);
    EXPECT_FALSE(is_stored("vezet"));
    EXPECT_EQ(statuses.get(driver_of("vezet")), DriverStatus::offline);
    EXPECT_EQ(find(vezet, "vezet"), "session_ended");
    EXPECT_EQ(find(taximeter, "taximeter"), "ok");
    EXPECT_EQ(ended("vezet", "revoked"), 1);
    EXPECT_EQ(sessions.revoke({.kind = Kind::driver, .id = "vezet_driver"}), 0U);
    EXPECT_EQ(sessions.revoke({.kind = Kind::driver, .id = "nobody"}), 0U);
}

TEST_F(SessionRevocationTest, AParkIsRevokedWithoutItsChild) {
    const auto taximeter = begin("taximeter");
    const auto vezet = begin("vezet");
    EXPECT_EQ(sessions.revoke({.kind = Kind::park, .id = "taximeter_park"}), 1U);
    EXPECT_EQ(find(taximeter, "taximeter"), "session_ended");
    EXPECT_EQ(find(vezet, "vezet"), "ok");
    EXPECT_EQ(sessions.revoke({.kind = Kind::park, .id = "vezet_park"}), 1U);
    EXPECT_EQ(find(vezet, "vezet"), "session_ended");
}

TEST_F(SessionRevocationTest, APhoneIsRevokedInEveryProfileThatHasIt) {
    const auto taximeter = begin("taximeter");
    const auto vezet = begin("vezet");
    EXPECT_EQ(sessions.revoke({.kind = Kind::phone, .id = "+79161111111"}), 0U);
    EXPECT_EQ(find(taximeter, "taximeter"), "ok");
    EXPECT_EQ(sessions.revoke({.kind = Kind::phone, .id = phone}), 2U);
    EXPECT_EQ(find(taximeter, "taximeter"), "session_ended");
    EXPECT_EQ(find(vezet, "vezet"), "session_ended");
}

TEST_F(SessionRevocationTest, APhoneThatNoProfileHasAnyMoreIsRevokedWhereItWasUsed) {
    const auto taximeter = begin("taximeter");
    directory.set_complete_until(std::nullopt);
    auto driver = directory.driver("taximeter_driver").value();
    driver.phones = {"+79161111111"};
    directory.put(driver);
    EXPECT_EQ(find(taximeter, "taximeter"), "ok");
    EXPECT_EQ(sessions.revoke({.kind = Kind::phone, .id = phone}), 1U);
    EXPECT_EQ(find(taximeter, "taximeter"), "session_ended");
}

TEST_F(SessionRevocationTest, AFamilyIsRevokedAsAWhole) {
    const auto taximeter = begin("taximeter");
    std::vector<std::string> tokens;
    // More than a page, in all parts of the index.
    constexpr int drivers = 1'200;
    for (int i = 0; i < drivers; ++i) {
        tokens.push_back(
            sessions.begin({.park_id = "vezet_park", .driver_id = "d" + std::to_string(i)}, "vezet", log_in()).value());
    }
    EXPECT_EQ(sessions.revoke({.kind = Kind::family, .id = "vezet"}), static_cast<std::size_t>(drivers));
    for (const auto& token : tokens) {
        ASSERT_EQ(find(token, "vezet"), "session_ended");
    }
    EXPECT_EQ(find(taximeter, "taximeter"), "ok");
    EXPECT_EQ(ended("vezet", "revoked"), drivers);
}

TEST_F(SessionRevocationTest, WhatBeginsAfterwardsLives) {
    for (const auto& target : {RevocationTarget{.kind = Kind::driver, .id = "vezet_driver"},
                               {.kind = Kind::park, .id = "vezet_park"},
                               {.kind = Kind::phone, .id = phone},
                               {.kind = Kind::family, .id = "vezet"}}) {
        const auto earlier = begin("vezet");
        EXPECT_EQ(sessions.revoke(target), 1U);
        const auto later = begin("vezet");
        EXPECT_EQ(find(earlier, "vezet"), "session_ended");
        EXPECT_EQ(find(later, "vezet"), "ok");
    }
}

TEST_F(SessionRevocationTest, CountsOnOtherReplicasAtOnceAndAfterARestart) {
    RedisRevocations other_record(redis.pool(), SessionSettings().absolute_lifetime, registry);
    RedisSessions other = sessions_with(other_record);
    const auto token = begin("vezet");
    ASSERT_TRUE(std::holds_alternative<Session>(other.find(token, "vezet")));
    // That it is gone from Redis does not help: the record alone must do.
    const auto stored = redis.pool().call({"DUMP", session_key(redis_tag(driver_of("vezet")))}).text();
    EXPECT_EQ(sessions.revoke({.kind = Kind::park, .id = "vezet_park"}), 1U);
    const auto bring_back = [&] {
        static_cast<void>(redis.pool().call(
            redis::Command{"RESTORE", session_key(redis_tag(driver_of("vezet"))), "0", stored}.add("REPLACE")));
    };
    bring_back();
    EXPECT_TRUE(std::holds_alternative<SessionRefusal>(other.find(token, "vezet")));
    bring_back();
    RedisRevocations restarted_record(redis.pool(), SessionSettings().absolute_lifetime, registry);
    RedisSessions restarted = sessions_with(restarted_record);
    EXPECT_TRUE(std::holds_alternative<SessionRefusal>(restarted.find(token, "vezet")));
    EXPECT_FALSE(is_stored("vezet"));
}

TEST_F(SessionRevocationTest, LogInsUnderWayEndToo) {
    const auto by = [&](const RevocationTarget& target) {
        const LogIn under_way = log_in();
        static_cast<void>(sessions.revoke(target));
        const bool is_revoked = sessions.is_revoked(under_way, "vezet");
        return std::pair(is_revoked, sessions.begin(driver_of("vezet"), "vezet", under_way).has_value());
    };
    // Before a park is chosen, it is known by its phone and its family alone.
    EXPECT_EQ(by({.kind = Kind::phone, .id = phone}), std::pair(true, false));
    EXPECT_EQ(by({.kind = Kind::family, .id = "vezet"}), std::pair(true, false));
    EXPECT_EQ(by({.kind = Kind::driver, .id = "vezet_driver"}), std::pair(false, false));
    EXPECT_EQ(by({.kind = Kind::park, .id = "vezet_park"}), std::pair(false, false));
    EXPECT_EQ(by({.kind = Kind::family, .id = "taximeter"}), std::pair(false, true));
    EXPECT_EQ(by({.kind = Kind::phone, .id = "+79161111111"}), std::pair(false, true));
    EXPECT_EQ(ended("vezet", "replaced"), 1) << "those that were refused have ended nothing";
}

TEST_F(SessionRevocationTest, ASessionEndsWhenItsDriverStoppedMeanwhile) {
    for (const auto status : {WorkStatus::fired, WorkStatus::not_working}) {
        const auto silent = begin("taximeter");
        set_work_status("taximeter_driver", status);
        set_work_status("taximeter_driver", WorkStatus::working);
        const auto later = sessions.begin(driver_of("taximeter"), "taximeter", log_in());
        ASSERT_TRUE(later);
        EXPECT_EQ(find(silent, "taximeter"), "session_ended");
        EXPECT_EQ(find(*later, "taximeter"), "ok") << "he works again";
    }
    const auto silent = begin("taximeter");
    set_work_status("taximeter_driver", WorkStatus::fired);
    set_work_status("taximeter_driver", WorkStatus::working);
    write_stops();
    EXPECT_EQ(find(silent, "taximeter"), "session_ended");
    EXPECT_EQ(ended("taximeter", "driver_stopped"), 1);
}

TEST_F(SessionRevocationTest, ASessionEndsWhenItsParkWasSwitchedOffMeanwhile) {
    const auto silent = begin("vezet");
    set_active("vezet_park", false);
    set_active("vezet_park", true);
    write_stops();
    EXPECT_EQ(find(silent, "vezet"), "session_ended");
    EXPECT_EQ(ended("vezet", "park_stopped"), 1);
    EXPECT_EQ(find(begin("vezet"), "vezet"), "ok");
}

TEST_F(SessionRevocationTest, AChildEndsWithAStopOfItsParentOrOfItsParentsPark) {
    auto silent = begin("vezet");
    set_work_status("taximeter_driver", WorkStatus::fired);
    set_work_status("taximeter_driver", WorkStatus::working);
    write_stops();
    EXPECT_EQ(find(silent, "vezet"), "session_ended");
    EXPECT_EQ(ended("vezet", "driver_stopped"), 1);

    silent = begin("vezet");
    set_active("taximeter_park", false);
    set_active("taximeter_park", true);
    write_stops();
    EXPECT_EQ(find(silent, "vezet"), "session_ended");
    EXPECT_EQ(ended("vezet", "park_stopped"), 1);
    EXPECT_EQ(find(begin("vezet"), "vezet"), "ok");
}

TEST_F(SessionRevocationTest, AParentDoesNotEndWithItsChild) {
    const auto parent = begin("taximeter");
    set_work_status("vezet_driver", WorkStatus::fired);
    set_work_status("vezet_driver", WorkStatus::working);
    set_active("vezet_park", false);
    set_active("vezet_park", true);
    write_stops();
    EXPECT_EQ(find(parent, "taximeter"), "ok");
}

TEST_F(SessionRevocationTest, AStopThatAnotherReplicaSawCountsHere) {
    RedisRevocations other_record(redis.pool(), SessionSettings().absolute_lifetime, registry);
    Stops other_stops(other_record, digest_of);
    const auto silent = begin("taximeter");
    const auto working = directory.driver("taximeter_driver").value();
    auto fired = working;
    fired.work_status = WorkStatus::fired;
    other_stops.driver_changed(working, &fired, 100);
    other_record.flush();
    EXPECT_EQ(find(silent, "taximeter"), "session_ended");
}

TEST_F(SessionRevocationTest, AStopThatNobodyWasThereToSeeCountsWhenItIsOver) {
    const auto silent = begin("taximeter");
    // All replicas were down when he was fired, and have started without a dump.
    directory.set_work_status("taximeter_driver", WorkStatus::fired);
    set_work_status("taximeter_driver", WorkStatus::working);
    write_stops();
    EXPECT_EQ(find(silent, "taximeter"), "session_ended");
}

TEST_F(SessionRevocationTest, ASessionEndsWithThePhoneThatItWasBegunWith) {
    const auto with_it = begin("taximeter");
    const auto child = begin("vezet");
    change_driver("taximeter_driver", [](Driver& driver) { driver.phones = {"+79161111111"}; });
    write_stops();
    EXPECT_EQ(find(with_it, "taximeter"), "session_ended");
    EXPECT_EQ(find(child, "vezet"), "session_ended") << "although the mirror has not copied it yet";
    EXPECT_EQ(ended("taximeter", "phone_removed"), 1);
    EXPECT_EQ(ended("vezet", "phone_removed"), 1);
    const auto other = sessions.begin(driver_of("taximeter"), "taximeter", log_in("+79161111111"));
    EXPECT_EQ(find(other.value(), "taximeter"), "ok");
    // That it comes back does not bring the session back.
    change_driver("taximeter_driver", [](Driver& driver) { driver.phones = {"+79161111111", phone}; });
    EXPECT_EQ(find(other.value(), "taximeter"), "ok");
    EXPECT_EQ(find(with_it, "taximeter"), "session_ended");
}

TEST_F(SessionRevocationTest, APhoneThatWentWhileNobodyLookedEndsTheSessionAllTheSame) {
    const auto token = begin("taximeter");
    const auto child = begin("vezet");
    auto driver = directory.driver("taximeter_driver").value();
    driver.phones = {"+79161111111"};
    directory.put(driver);
    // The log-in may be by a profile that has not arrived here.
    directory.set_complete_until(clock.now() + 5s);
    EXPECT_EQ(find(token, "taximeter"), "ok");
    directory.set_complete_until(clock.now() + 1min);
    EXPECT_EQ(find(token, "taximeter"), "session_ended");
    EXPECT_EQ(find(child, "vezet"), "session_ended");
    EXPECT_EQ(ended("taximeter", "phone_removed"), 1);
}

TEST_F(SessionRevocationTest, APhoneThatTheParentHasIsGoodBeforeTheChildHasIt) {
    change_driver("taximeter_driver", [](Driver& driver) { driver.phones.push_back("+79161111111"); });
    const auto token = sessions.begin(driver_of("vezet"), "vezet", log_in("+79161111111")).value();
    EXPECT_EQ(find(token, "vezet"), "ok");
}

TEST_F(SessionRevocationTest, SessionsFromBeforeAndOfAnotherKeyAreNotJudgedByTheirPhone) {
    const auto token = begin("taximeter");
    auto driver = directory.driver("taximeter_driver").value();
    driver.phones = {};
    directory.put(driver);
    const auto key = session_key(redis_tag(driver_of("taximeter")));
    static_cast<void>(redis.pool().call({"HSET", key, "phone", "00000002123"}));
    EXPECT_EQ(find(token, "taximeter"), "ok");
    static_cast<void>(redis.pool().call({"HDEL", key, "phone", "since"}));
    EXPECT_EQ(find(token, "taximeter"), "ok");
    // The rest holds for them as well.
    EXPECT_EQ(sessions.revoke({.kind = Kind::driver, .id = "taximeter_driver"}), 1U);
    EXPECT_EQ(find(token, "taximeter"), "session_ended");
}

TEST_F(SessionRevocationTest, NeitherPhoneNorKeyIsInRedis) {
    const auto token = begin("taximeter");
    const auto stored = redis.pool().call({"HGETALL", session_key(redis_tag(driver_of("taximeter")))});
    EXPECT_EQ(field_of(stored, "phone"), digest_of(phone));
    EXPECT_EQ(find(token, "taximeter"), "ok");
    EXPECT_FALSE(redis.keys("*").empty());
    for (const auto& key : redis.keys("*")) {
        EXPECT_EQ(key.find("9031234567"), std::string::npos) << key;
    }
}

TEST_F(SessionRevocationTest, IsKnownWhileTheDirectoryIsStale) {
    const auto token = begin("vezet");
    directory.set_stale(true);
    EXPECT_EQ(sessions.revoke({.kind = Kind::driver, .id = "vezet_driver"}), 1U);
    EXPECT_EQ(find(token, "vezet"), "session_ended");
}

TEST_F(SessionRevocationTest, ASessionThatBeginsMeanwhileEndsOrBeganAfterwards) {
    constexpr int rounds = 50;
    for (int round = 0; round < rounds; ++round) {
        std::optional<std::string> token;
        LogIn under_way = log_in();
        {
            const std::jthread app([&] { token = sessions.begin(driver_of("vezet"), "vezet", under_way); });
            static_cast<void>(sessions.revoke({.kind = Kind::park, .id = "vezet_park"}));
        }
        // The log-in had begun before.
        ASSERT_TRUE(!token || find(*token, "vezet") == "session_ended");
    }
}

TEST_F(SessionRevocationTest, TheIndexHoldsADriverOnceAndForgetsHim) {
    for (int i = 0; i < 5; ++i) {
        static_cast<void>(begin("vezet"));
    }
    const auto size = [&](const std::string& key) { return redis.pool().call({"ZCARD", key}).integer(); };
    EXPECT_EQ(size("driver_sessions_of:park:vezet_park"), 1);
    EXPECT_EQ(size("driver_sessions_of:driver:vezet_driver"), 1);
    EXPECT_EQ(size("driver_sessions_of:phone:" + digest_of(phone)), 1);
    const auto tag = redis_tag(driver_of("vezet"));
    EXPECT_EQ(size("driver_sessions_of:family:vezet:" + tag.substr(0, 1)), 1);
    EXPECT_GT(redis.pool().call({"PTTL", "driver_sessions_of:park:vezet_park"}).integer(), 29 * 86'400'000LL);
    clock.advance(31 * 24h);
    static_cast<void>(sessions.begin({.park_id = "vezet_park", .driver_id = "other"}, "vezet", log_in()));
    EXPECT_EQ(size("driver_sessions_of:park:vezet_park"), 1) << "the other one's";
}

}  // namespace
}  // namespace twinfleet::driver_sessions
