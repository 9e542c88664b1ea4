#include <chrono>
#include <vector>

#include <gtest/gtest.h>

#include "capabilities/driver_sessions/revocation/stops.hpp"
#include "platform/log/capturing_logger.hpp"
#include "tests/support/redis_server.hpp"

namespace twinfleet::driver_sessions {
namespace {

using namespace std::chrono_literals;
using driver_cache::Driver;
using driver_cache::Park;
using driver_cache::WorkStatus;

std::string digest_of(std::string_view phone) {
    return "00000001" + std::string(phone.substr(1));
}

class StopsTest : public ::testing::Test {
protected:
    static Driver driver(WorkStatus work_status, const std::string& park_id = "park",
                         std::vector<std::string> phones = {"+1", "+2"}) {
        return {.id = "driver", .park_id = park_id, .phones = std::move(phones), .work_status = work_status};
    }
    /// Whether what began before the change is over.
    bool ends(const std::string& subject, const Driver& before, const Driver* after) {
        const Position since = revocations_.now();
        stops_.driver_changed(before, after, ++version_);
        static_cast<void>(revocations_.now());
        return revocations_.is_over(std::vector{subject}, since);
    }
    bool stops(const Driver& before, const Driver& after) {
        return ends(driver_stopped_subject("driver"), before, &after);
    }
    bool removes(const std::string& phone, const Driver& before, const Driver& after) {
        return ends(phone_removed_subject("driver", digest_of(phone)), before, &after);
    }
    bool stops_park(const Park& before, const Park* after) {
        const Position since = revocations_.now();
        stops_.park_changed(before, after, ++version_);
        static_cast<void>(revocations_.now());
        return revocations_.is_over(std::vector{park_stopped_subject(before.id)}, since);
    }

    twinfleet::testing::TestRedis redis_;
    metrics::Registry registry_;
    RedisRevocations revocations_{redis_.pool(), 24h, registry_};
    Stops stops_{revocations_, digest_of};
    std::uint64_t version_ = 0;
};

TEST_F(StopsTest, ADriverStopsWhenHeDoesNotWork) {
    const Driver working = driver(WorkStatus::working);
    for (const auto status : {WorkStatus::fired, WorkStatus::not_working, WorkStatus::other}) {
        EXPECT_TRUE(stops(working, driver(status)));
        EXPECT_TRUE(stops(driver(status), working)) << "until now he did not work";
    }
    EXPECT_FALSE(stops(driver(WorkStatus::not_working), driver(WorkStatus::fired)));
    EXPECT_FALSE(stops(working, working));
}

TEST_F(StopsTest, AReplicaThatSeesItLaterInALaterVersionOfTheDocumentEndsNothingThatHasBegunSince) {
    const Driver off = driver(WorkStatus::not_working);
    const Driver on = driver(WorkStatus::working);
    EXPECT_TRUE(stops(off, on));
    const Position since = revocations_.now();
    RedisRevocations late_record(redis_.pool(), 24h, registry_);
    Stops late(late_record, digest_of);
    late.driver_changed(off, &on, ++version_);
    late_record.flush();
    static_cast<void>(revocations_.now());
    EXPECT_FALSE(revocations_.is_over(std::vector{driver_stopped_subject("driver")}, since));
}

TEST_F(StopsTest, ADriverWhoIsBackBeforeItIsWrittenHasStoppedEachTime) {
    const Driver off = driver(WorkStatus::fired);
    const Driver on = driver(WorkStatus::working);
    for (int time = 0; time < 3; ++time) {
        const Position since = revocations_.now();
        stops_.driver_changed(on, &off, ++version_);
        stops_.driver_changed(off, &on, ++version_);
        static_cast<void>(revocations_.now());
        EXPECT_TRUE(revocations_.is_over(std::vector{driver_stopped_subject("driver")}, since)) << time;
    }
}

TEST_F(StopsTest, ADriverStopsInAParkThatHeLeavesOrWhenHeIsRemoved) {
    const Driver working = driver(WorkStatus::working);
    EXPECT_TRUE(stops(working, driver(WorkStatus::working, "elsewhere")));
    EXPECT_TRUE(ends(driver_stopped_subject("driver"), working, nullptr));
}

TEST_F(StopsTest, OtherChangesOfADriverEndNothing) {
    Driver other = driver(WorkStatus::working);
    other.first_name = "Ann";
    other.car_id = "car";
    other.license = "AB";
    EXPECT_FALSE(stops(driver(WorkStatus::working), other));
    EXPECT_TRUE(revocations_.is_empty());
}

TEST_F(StopsTest, APhoneThatIsTakenOutEndsWhatBeganWithIt) {
    const Driver before = driver(WorkStatus::working);
    const Driver after = driver(WorkStatus::working, "park", {"+2", "+3"});
    EXPECT_TRUE(removes("+1", before, after));
    EXPECT_FALSE(removes("+2", before, after));
    EXPECT_FALSE(removes("+3", before, after));
    EXPECT_FALSE(stops(before, after));
}

TEST_F(StopsTest, AParkStopsWhenItIsNotActive) {
    const Park active{.id = "park", .is_active = true};
    const Park inactive{.id = "park", .is_active = false};
    EXPECT_TRUE(stops_park(active, &inactive));
    EXPECT_TRUE(stops_park(inactive, &active));
    EXPECT_TRUE(stops_park(active, nullptr));
    const Park renamed{.id = "park", .name = "Park", .is_active = true};
    EXPECT_FALSE(stops_park(active, &renamed));
}

TEST_F(StopsTest, AreWrittenByThemselvesOnceRedisIsThere) {
    twinfleet::testing::RedisServer server;
    const redis::Pool pool({.uri = server.uri(), .connect_timeout = 20s, .command_timeout = 20s});
    RedisRevocations revocations(pool, 24h, registry_);
    RedisRevocations elsewhere(pool, 24h, registry_);
    log::CapturingLogger log;
    const NoteWriter writer(revocations, log);
    Stops stops(revocations, digest_of);
    const Position before = elsewhere.now();
    server.kill();
    const Driver working = driver(WorkStatus::working);
    stops.driver_changed(working, nullptr, 0);
    server.restart();
    const auto is_over = [&] {
        static_cast<void>(elsewhere.now());
        return elsewhere.is_over(std::vector{driver_stopped_subject("driver")}, before);
    };
    const auto until = std::chrono::steady_clock::now() + 20s;
    while (!is_over() && std::chrono::steady_clock::now() < until) {
    }
    EXPECT_TRUE(is_over());
}

TEST_F(StopsTest, TheWriterEndsWhileRedisIsAway) {
    twinfleet::testing::RedisServer server;
    const redis::Pool pool({.uri = server.uri(), .connect_timeout = 1s, .command_timeout = 1s});
    RedisRevocations revocations(pool, 24h, registry_);
    server.kill();
    log::CapturingLogger log;
    const auto started = std::chrono::steady_clock::now();
    {
        const NoteWriter writer(revocations, log);
        revocations.note("driver_stopped:one", 1);
    }
    EXPECT_LT(std::chrono::steady_clock::now() - started, 10s);
}

}  // namespace
}  // namespace twinfleet::driver_sessions
