#include <atomic>
#include <memory>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "capabilities/driver_cache/driver_caches_mongo.hpp"
#include "platform/concurrency/backoff.hpp"
#include "platform/log/capturing_logger.hpp"
#include "tests/support/embedded_mongo.hpp"
#include "tests/support/stores.hpp"
#include "tests/support/temporary_folder.hpp"

namespace twinfleet::driver_cache {
namespace {

using namespace std::chrono_literals;
using incremental_cache::PassOutcome;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using twinfleet::testing::TemporaryFolder;

bson::Document json(const std::string& text) {
    return bson::from_json(text);
}

/// Three collections of their own, and the caches of one process over them.
class DriverCachesStore : public ::testing::Test {
protected:
    DriverCachesStore() {
        settings_.names = {.drivers_database = mongo_.database_name("drivers"),
                           .cars_database = mongo_.database_name("cars"),
                           .parks_database = mongo_.database_name("parks")};
    }
    [[nodiscard]] mongo::Collection drivers() const {
        return mongo_.pool().collection(settings_.names.drivers_database, "drivers");
    }
    [[nodiscard]] mongo::Collection cars() const {
        return mongo_.pool().collection(settings_.names.cars_database, "cars");
    }
    [[nodiscard]] mongo::Collection parks() const {
        return mongo_.pool().collection(settings_.names.parks_database, "parks");
    }
    static void insert(const mongo::Collection& collection, const std::string& document) {
        auto bulk = collection.bulk();
        bulk.insert(json(document));
        ASSERT_TRUE(bulk.execute().errors.empty());
    }
    /// The server's clock sets updated_ts, as all writers of the platform have it.
    static void set(const mongo::Collection& collection, const std::string& id, const std::string& fields,
                    const std::string& type = "timestamp") {
        bson::Builder update;
        update.document("$set", json(fields));
        update.begin_document("$currentDate").begin_document("updated_ts").string("$type", type).end().end();
        auto bulk = collection.bulk();
        bulk.update_one(bson::Builder().string("_id", id).take(), update.take(), true);
        ASSERT_TRUE(bulk.execute().errors.empty());
    }
    static void remove(const mongo::Collection& collection, const std::string& id) {
        auto bulk = collection.bulk();
        bulk.remove_one(json(R"({"_id": ")" + id + R"("})"));
        ASSERT_TRUE(bulk.execute().errors.empty());
    }
    [[nodiscard]] std::unique_ptr<DriverCaches> make_caches() {
        return std::make_unique<DriverCaches>(settings_, mongo_.pool(), clock_, log_, registry_);
    }
    static void full_passes(DriverCaches& caches) {
        for (auto* updater : caches.updaters()) {
            ASSERT_EQ(updater->full_pass(), PassOutcome::done);
        }
    }
    static void incremental_passes(DriverCaches& caches) {
        for (auto* updater : caches.updaters()) {
            ASSERT_EQ(updater->incremental_pass(), PassOutcome::done);
        }
    }

    twinfleet::testing::TestMongo mongo_;
    Settings settings_;
    platform::SystemClock clock_;
    log::CapturingLogger log_;
    metrics::Registry registry_;
};

/// Keeps what it is told, in words.
class CapturingWatcher final : public FleetWatcher {
public:
    void driver_changed(const Driver& before, const Driver* after, std::uint64_t document_hash) override {
        told.push_back(before.id + ": " + std::string(name_of(before.work_status)) + " to " +
                       (after == nullptr ? "nothing" : std::string(name_of(after->work_status))));
        hashes.push_back(document_hash);
    }
    void park_changed(const Park& before, const Park* after, std::uint64_t document_hash) override {
        told.push_back(before.id + ": " + (before.is_active ? "active" : "inactive") + " to " +
                       (after == nullptr   ? "nothing"
                        : after->is_active ? "active"
                                           : "inactive"));
        hashes.push_back(document_hash);
    }

    std::vector<std::string> told;
    std::vector<std::uint64_t> hashes;
};

TEST_F(DriverCachesStore, TellsItsWatcherWhatBecomesOfDriversAndParks) {
    set(parks(), "p", R"({"is_active": true})");
    set(drivers(), "d",
        R"({"park_id": "p", "work_status": "working", "created_date": {"$date": "2024-05-01T00:00:00Z"}})");
    CapturingWatcher here;
    CapturingWatcher there;
    const auto caches = make_caches();
    caches->watch(here);
    const auto others = make_caches();
    others->watch(there);
    full_passes(*caches);
    full_passes(*others);
    EXPECT_THAT(here.told, IsEmpty()) << "nothing was known of them before";
    set(drivers(), "d", R"({"work_status": "fired"})");
    set(parks(), "p", R"({"is_active": false})");
    incremental_passes(*caches);
    set(drivers(), "d", R"({"work_status": "working"})");
    incremental_passes(*caches);
    incremental_passes(*others);
    EXPECT_THAT(here.told, ElementsAre("p: active to inactive", "d: working to fired", "d: fired to working"));
    EXPECT_THAT(there.told, ElementsAre("p: active to inactive")) << "he works as he did at its last pass";
    EXPECT_EQ(here.hashes.front(), there.hashes.front()) << "the same version is the same on every replica";
    remove(drivers(), "d");
    full_passes(*caches);
    EXPECT_EQ(here.told.back(), "d: working to nothing");
}

TEST_F(DriverCachesStore, TellsItsWatcherWhatHappenedSinceTheDump) {
    const TemporaryFolder folder;
    settings_.caches.dump_folder = folder.path();
    set(parks(), "p", R"({"is_active": true})");
    set(drivers(), "d",
        R"({"park_id": "p", "work_status": "working", "created_date": {"$date": "2024-05-01T00:00:00Z"}})");
    {
        const auto caches = make_caches();
        full_passes(*caches);
        incremental_passes(*caches);
        for (auto* updater : caches->updaters()) {
            ASSERT_TRUE(updater->write_dump());
        }
    }
    set(drivers(), "d", R"({"work_status": "fired"})");
    const auto caches = make_caches();
    CapturingWatcher watcher;
    caches->watch(watcher);
    incremental_passes(*caches);
    EXPECT_THAT(watcher.told, ElementsAre("d: working to fired"));
}

TEST_F(DriverCachesStore, AnswersLikeTheCollections) {
    insert(parks(), R"({"_id": "p", "name": "Park", "city_id": "Chicago", "is_active": true})");
    insert(parks(), R"({"_id": "child", "parent_park_id": "p", "fleet_type": "vezet", "is_active": true})");
    insert(cars(), R"({"_id": "c", "park_id": "p", "number": "A1", "year": 2019, "vin": "secret"})");
    set(drivers(), "d", R"({"park_id": "p", "phones": ["+79000000001"], "license": {"number": "а 1"}, "car_id": "c",
        "work_status": "working", "password_hash": "x"})");
    set(drivers(), "dated", R"({"park_id": "child", "phones": ["+79000000001"], "parent_driver_id": "d"})", "date");
    const auto caches = make_caches();
    EXPECT_FALSE(caches->is_filled());
    EXPECT_TRUE(caches->is_stale());
    full_passes(*caches);
    EXPECT_TRUE(caches->is_filled());
    EXPECT_TRUE(caches->is_stale()) << "no incremental pass yet";
    EXPECT_EQ(caches->complete_until(), std::nullopt);
    const auto before = clock_.now();
    incremental_passes(*caches);
    EXPECT_FALSE(caches->is_stale());
    EXPECT_GE(caches->complete_until(), before);

    ASSERT_TRUE(caches->driver("d"));
    EXPECT_EQ(caches->driver("d")->license, "A1");
    EXPECT_EQ(caches->driver("d")->work_status, WorkStatus::working);
    EXPECT_TRUE(caches->driver_of_park("p", "d"));
    EXPECT_FALSE(caches->driver_of_park("child", "d"));
    EXPECT_EQ(caches->drivers_by_phone("+79000000001").size(), 2U);
    EXPECT_EQ(caches->drivers_by_license("A1").size(), 1U);
    EXPECT_EQ(caches->car("c")->year, 2019);
    EXPECT_EQ(caches->park("p")->city_id, "Chicago");
    ASSERT_EQ(caches->child_parks("p").size(), 1U);
    EXPECT_EQ(caches->child_parks("p")[0].family(), "vezet");
    EXPECT_EQ(caches->status()[0].status.size, 2U);
    EXPECT_THAT(registry_.text(), HasSubstr("driver_cache_size{cache=\"drivers\"} 2"));
}

TEST_F(DriverCachesStore, AnIncrementalPassFindsChangesOfBothTypes) {
    set(drivers(), "timestamp", R"({"park_id": "p", "phones": ["+71"]})");
    set(drivers(), "date", R"({"park_id": "p", "phones": ["+72"]})", "date");
    const auto caches = make_caches();
    full_passes(*caches);
    set(drivers(), "timestamp", R"({"phones": ["+73"]})");
    set(drivers(), "date", R"({"phones": ["+74"]})", "date");
    set(drivers(), "new", R"({"park_id": "p"})");
    set(drivers(), "new and dated", R"({"park_id": "p"})", "date");
    incremental_passes(*caches);
    EXPECT_THAT(caches->drivers_by_phone("+71"), IsEmpty());
    EXPECT_EQ(caches->drivers_by_phone("+73").size(), 1U);
    EXPECT_THAT(caches->drivers_by_phone("+72"), IsEmpty());
    EXPECT_EQ(caches->drivers_by_phone("+74").size(), 1U);
    EXPECT_TRUE(caches->driver("new"));
    EXPECT_TRUE(caches->driver("new and dated"));
}

// The embedded server's timestamps have no increment: many changes within a second look alike.
TEST_F(DriverCachesStore, ChangesWithinOneTickAreFound) {
    const auto caches = make_caches();
    full_passes(*caches);
    for (int i = 0; i < 20; ++i) {
        set(drivers(), "d", R"({"park_id": "p)" + std::to_string(i) + R"("})");
        incremental_passes(*caches);
        ASSERT_EQ(caches->driver("d")->park_id, "p" + std::to_string(i));
    }
}

TEST_F(DriverCachesStore, AFullPassFindsWhatIsGoneAndWhatHasNoVersion) {
    for (const std::string id : {"stays", "goes"}) {
        set(drivers(), id, R"({"park_id": "p", "phones": ["+71"]})");
    }
    const auto caches = make_caches();
    full_passes(*caches);
    remove(drivers(), "goes");
    insert(drivers(), R"({"_id": "no version", "park_id": "p"})");
    incremental_passes(*caches);
    EXPECT_TRUE(caches->driver("goes"));
    EXPECT_FALSE(caches->driver("no version"));
    full_passes(*caches);
    EXPECT_FALSE(caches->driver("goes"));
    EXPECT_TRUE(caches->driver("no version"));
    EXPECT_EQ(caches->drivers_by_phone("+71").size(), 1U);
}

TEST_F(DriverCachesStore, ABadDriverIsKeptAsideUntilHeIsMended) {
    set(drivers(), "d", R"({"park_id": "p", "phones": ["+71"]})");
    insert(drivers(), R"({"_id": 7, "park_id": "p"})");
    const auto caches = make_caches();
    full_passes(*caches);
    set(drivers(), "d", R"({"phones": 5})");
    incremental_passes(*caches);
    EXPECT_EQ(caches->drivers_by_phone("+71").size(), 1U);
    EXPECT_EQ(caches->status()[0].status.kept_aside, 2U);
    EXPECT_TRUE(caches->is_driver_kept_aside("d"));
    EXPECT_FALSE(caches->is_park_kept_aside("d"));
    set(drivers(), "d", R"({"phones": ["+72"]})");
    incremental_passes(*caches);
    EXPECT_EQ(caches->drivers_by_phone("+72").size(), 1U);
    EXPECT_EQ(caches->status()[0].status.kept_aside, 1U);
}

TEST_F(DriverCachesStore, ARestartIsWarmAndCatchesUp) {
    const TemporaryFolder folder;
    settings_.caches.dump_folder = folder.path();
    set(drivers(), "d", R"({"park_id": "p", "phones": ["+71"]})");
    {
        const auto caches = make_caches();
        full_passes(*caches);
        incremental_passes(*caches);
        for (auto* updater : caches->updaters()) {
            ASSERT_TRUE(updater->write_dump());
        }
    }
    set(drivers(), "d", R"({"phones": ["+72"]})");
    const auto caches = make_caches();
    EXPECT_TRUE(caches->is_filled());
    EXPECT_TRUE(caches->is_stale()) << "what the dump says about rights may be old";
    EXPECT_EQ(caches->drivers_by_phone("+71").size(), 1U);
    incremental_passes(*caches);
    EXPECT_FALSE(caches->is_stale());
    EXPECT_EQ(caches->drivers_by_phone("+72").size(), 1U);
}

TEST_F(DriverCachesStore, WhoIsFiredInADocumentThatCannotBeReadIsOutAtOnceAndAfterAWarmStart) {
    const TemporaryFolder folder;
    settings_.caches.dump_folder = folder.path();
    for (const std::string id : {"before", "while down"}) {
        set(drivers(), id, R"({"park_id": "p", "phones": ["+71"], "work_status": "working"})");
    }
    set(parks(), "p", R"({"is_active": true})");
    {
        const auto caches = make_caches();
        full_passes(*caches);
        set(drivers(), "before", R"({"phones": 5, "work_status": "fired"})");
        set(parks(), "p", R"({"is_active": false, "fleet_type": 5})");
        incremental_passes(*caches);
        EXPECT_EQ(caches->driver("before")->work_status, WorkStatus::fired);
        EXPECT_TRUE(caches->is_driver_kept_aside("before"));
        EXPECT_FALSE(caches->park("p")->is_active);
        for (auto* updater : caches->updaters()) {
            ASSERT_TRUE(updater->write_dump());
        }
    }
    set(drivers(), "while down", R"({"license": 5, "work_status": "fired"})");
    const auto caches = make_caches();
    EXPECT_EQ(caches->driver("before")->work_status, WorkStatus::fired);
    EXPECT_FALSE(caches->park("p")->is_active);
    EXPECT_EQ(caches->driver("while down")->work_status, WorkStatus::working);
    EXPECT_TRUE(caches->is_stale()) << "so nobody is let in on it";
    incremental_passes(*caches);
    EXPECT_FALSE(caches->is_stale());
    EXPECT_EQ(caches->driver("while down")->work_status, WorkStatus::fired);
    set(drivers(), "before", R"({"phones": ["+71"], "work_status": "working"})");
    incremental_passes(*caches);
    EXPECT_EQ(caches->driver("before")->work_status, WorkStatus::working) << "once he is mended";
}

TEST_F(DriverCachesStore, ARemovalOfWhatSomebodyReliesOnIsNoticedWithoutAFullPass) {
    for (const std::string id : {"relied on", "nobody's"}) {
        set(drivers(), id, R"({"park_id": "p", "phones": ["+71"]})");
    }
    set(parks(), "p", R"({"is_active": true})");
    const auto caches = make_caches();
    full_passes(*caches);
    const auto recheck = [&] {
        for (auto* each : caches->rechecks()) {
            ASSERT_EQ(each->pass(), PassOutcome::done);
        }
    };
    caches->rely_on_driver("relied on");
    caches->rely_on_park("p");
    recheck();
    EXPECT_TRUE(caches->driver("relied on"));
    for (const std::string id : {"relied on", "nobody's"}) {
        remove(drivers(), id);
    }
    remove(parks(), "p");
    recheck();
    EXPECT_TRUE(caches->driver("relied on")) << "nobody has relied on him since";
    caches->rely_on_driver("relied on");
    caches->rely_on_park("p");
    recheck();
    EXPECT_FALSE(caches->driver("relied on"));
    EXPECT_FALSE(caches->park("p"));
    EXPECT_TRUE(caches->driver("nobody's")) << "for the full pass";
    EXPECT_EQ(caches->drivers_by_phone("+71").size(), 1U);
    EXPECT_THAT(registry_.text(), HasSubstr("driver_cache_rechecked_total{cache=\"drivers\",outcome=\"removed\"} 1"));
}

TEST_F(DriverCachesStore, ARecheckTakesAChangeThatDidNotMoveTheVersion) {
    insert(drivers(), R"({"_id": "d", "park_id": "p", "work_status": "working"})");
    const auto caches = make_caches();
    full_passes(*caches);
    auto bulk = drivers().bulk();
    bulk.update_one(json(R"({"_id": "d"})"), json(R"({"$set": {"work_status": "fired"}})"), false);
    ASSERT_TRUE(bulk.execute().errors.empty());
    incremental_passes(*caches);
    EXPECT_EQ(caches->driver("d")->work_status, WorkStatus::working);
    caches->rely_on_driver("d");
    for (auto* recheck : caches->rechecks()) {
        ASSERT_EQ(recheck->pass(), PassOutcome::done);
    }
    EXPECT_EQ(caches->driver("d")->work_status, WorkStatus::fired);
}

TEST_F(DriverCachesStore, KeepsThePromiseOfWhenItIsReady) {
    constexpr int writers_count = 10;
    constexpr int changes_of_a_writer = 10;
    settings_.caches.interval = 200ms;
    // Room for a machine that is busy with other tests: what passes need is measured, what the scheduler does is not.
    settings_.caches.ready_margin = 500ms;
    const auto caches = make_caches();
    caches->start({});
    ASSERT_TRUE(caches->wait_until_filled({}, 20s));
    std::atomic<int> kept = 0;
    {
        std::vector<std::jthread> writers;
        for (int writer = 0; writer < writers_count; ++writer) {
            writers.emplace_back([&, writer] {
                for (int i = 0; i < changes_of_a_writer; ++i) {
                    const std::string id = std::to_string(writer) + "-" + std::to_string(i);
                    set(drivers(), id, R"({"park_id": "p"})");
                    // Exactly what an app does that was told profile_ready_in_ms.
                    platform::wait_for({}, caches->ready_in());
                    kept += caches->driver(id) ? 1 : 0;
                }
            });
        }
    }
    EXPECT_GE(kept, writers_count * changes_of_a_writer - 1);
    EXPECT_LT(caches->ready_in(), 2s);
}

TEST_F(DriverCachesStore, ANewDriverIsReadWithWhatBelongsToHim) {
    const auto caches = make_caches();
    full_passes(*caches);
    incremental_passes(*caches);
    insert(parks(), R"({"_id": "p", "name": "Park", "is_active": true})");
    insert(parks(),
           R"({"_id": "child-p", "name": "Park", "parent_park_id": "p", "fleet_type": "vezet", "is_active": true})");
    insert(cars(), R"({"_id": "child-c", "park_id": "child-p", "number": "A1"})");
    insert(drivers(), R"({"_id": "d", "park_id": "p", "phones": ["+71"], "work_status": "working"})");
    set(drivers(), "child-d", R"({"park_id": "child-p", "phones": ["+71"], "parent_driver_id": "d", "car_id": "child-c",
        "work_status": "working"})");
    insert(drivers(), R"({"_id": "other", "park_id": "p"})");
    caches->read_now(std::vector<std::string>{"child-d", "nobody"});
    const auto profile = profile_of(*caches, "child-p", "child-d");
    ASSERT_TRUE(profile);
    EXPECT_TRUE(profile->is_whole());
    EXPECT_EQ(profile->car.value().number, "A1");
    EXPECT_EQ(profile->park.parent_park_id, "p");
    EXPECT_TRUE(caches->driver("d")) << "his parent, whom his standing follows from";
    EXPECT_TRUE(caches->park("p"));
    EXPECT_EQ(caches->drivers_by_phone("+71").size(), 2U);
    EXPECT_FALSE(caches->driver("other"));
    EXPECT_FALSE(caches->driver("nobody"));

    set(drivers(), "child-d", R"({"work_status": "fired"})");
    caches->read_now(std::vector<std::string>{"child-d"});
    EXPECT_EQ(caches->driver("child-d")->work_status, WorkStatus::fired) << "who is here is read again";
}

TEST_F(DriverCachesStore, NewDriversAreThereWhilePassesRun) {
    settings_.caches.interval = 10ms;
    const auto caches = make_caches();
    caches->start({});
    ASSERT_TRUE(caches->wait_until_filled({}, 20s));
    for (int i = 0; i < 200; ++i) {
        const std::string id = std::to_string(i);
        set(drivers(), id, R"({"park_id": "p", "work_status": "fired"})");
        set(drivers(), id, R"({"work_status": "working"})");
        caches->read_now(std::vector<std::string>{id});
        ASSERT_TRUE(caches->driver(id));
        ASSERT_EQ(caches->driver(id)->work_status, WorkStatus::working);
    }
    for (int i = 0; i < 200; ++i) {
        EXPECT_EQ(caches->driver(std::to_string(i))->work_status, WorkStatus::working);
    }
}

TEST(DriverCachesAway, AStoreThatIsAwayAtTheStartFillsThemWhenItComes) {
    twinfleet::testing::EmbeddedMongo server;
    const mongo::Pool pool({.uri = server.uri(), .server_selection_timeout = 100ms, .socket_timeout = 1'000ms});
    server.stop();
    Settings settings;
    settings.caches.interval = 50ms;
    settings.caches.retry_max = 200ms;
    settings.caches.expiry = 1s;
    const platform::SystemClock clock;
    log::CapturingLogger log;
    metrics::Registry registry;
    DriverCaches caches(settings, pool, clock, log, registry);
    caches.start({});
    EXPECT_FALSE(caches.wait_until_filled({}, 300ms));
    EXPECT_TRUE(caches.is_stale());
    server.restart();
    EXPECT_TRUE(caches.wait_until_filled({}, 20s));
    while (caches.is_stale()) {
        std::this_thread::yield();
    }
    server.kill();
    while (!caches.is_stale()) {
        std::this_thread::yield();
    }
    EXPECT_GE(caches.ready_in(), 1s) << "nobody knows when the store comes back";
    EXPECT_LE(log.entries("cache cannot be brought up to date").size(), 12U) << "each loop once for each time away";
}

}  // namespace
}  // namespace twinfleet::driver_cache
