// Passes that read a secondary of a replica set, which is behind the primary. Two proxies before the embedded server
// play the members of the set.
#include <chrono>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "capabilities/driver_cache/driver_caches_mongo.hpp"
#include "platform/log/capturing_logger.hpp"
#include "tests/support/mongo_proxy.hpp"
#include "tests/support/stores.hpp"

namespace twinfleet::driver_cache {
namespace {

using namespace std::chrono_literals;
using incremental_cache::PassOutcome;
using twinfleet::testing::MongoProxy;
using Verdict = MongoProxy::Verdict;

std::uint16_t port_in(const std::string& uri) {
    return static_cast<std::uint16_t>(std::stoi(uri.substr(uri.rfind(':') + 1)));
}

/// `role` and the last write that a member has, this long ago.
bson::Document hello_of(const bson::Document& role, std::chrono::seconds ago) {
    const auto at = std::chrono::system_clock::now() - ago;
    const auto at_ms = std::chrono::duration_cast<std::chrono::milliseconds>(at.time_since_epoch()).count();
    bson::Builder hello;
    for (const auto& element : role.view()) {
        hello.copy(element);
    }
    hello.begin_document("lastWrite");
    for (const char* field : {"opTime", "majorityOpTime"}) {
        hello.begin_document(field).timestamp("ts", bson::timestamp_of(at_ms)).int64("t", 1).end();
    }
    return hello.date("lastWriteDate", at_ms).date("majorityWriteDate", at_ms).end().take();
}

class LaggingSecondary : public ::testing::Test {
protected:
    LaggingSecondary() {
        settings_.names = {.drivers_database = mongo_.database_name("drivers"),
                           .cars_database = mongo_.database_name("cars"),
                           .parks_database = mongo_.database_name("parks")};
        primary_.follow(
            [hello = hello_of(primary_.primary_of_a_set(secondary_.port()), 0s)](const MongoProxy::Command& command) {
                return command.name == "hello" ? Verdict{.with = hello} : Verdict();
            });
        // It has nothing yet of what was written in the last 40 s, which is all that there is.
        secondary_.follow([hello = hello_of(secondary_.secondary_of_a_set(primary_.port()), 40s)](
                              const MongoProxy::Command& command) {
            if (command.name == "hello") {
                return Verdict{.with = hello};
            }
            return command.name == "find" ? Verdict{.answer = bson::from_json(R"({"cursor": {
                "id": {"$numberLong": "0"}, "ns": "fleet.any", "firstBatch": []}, "ok": 1})")}
                                          : Verdict();
        });
    }

    void put(const std::string& database, const std::string& collection, const std::string& id,
             const std::string& fields) const {
        bson::Builder update;
        update.document("$set", bson::from_json(fields));
        update.begin_document("$currentDate").begin_document("updated_ts").string("$type", "timestamp").end().end();
        auto bulk = mongo_.pool().collection(database, collection).bulk();
        bulk.update_one(bson::Builder().string("_id", id).take(), update.take(), true);
        ASSERT_TRUE(bulk.execute().errors.empty());
    }
    void put_driver(const std::string& id) const {
        put(settings_.names.drivers_database, "drivers", id, R"({"park_id": "p", "work_status": "working"})");
    }

    twinfleet::testing::TestMongo mongo_;
    MongoProxy primary_{port_in(mongo_.uri())};
    MongoProxy secondary_{port_in(mongo_.uri())};
    const mongo::Pool pool_{{.uri = "mongodb://127.0.0.1:" + std::to_string(primary_.port()) + ",127.0.0.1:" +
                                    std::to_string(secondary_.port()) + "/?replicaSet=rs0&readPreference=secondary",
                             .server_selection_timeout = 10s,
                             .may_read_from_secondaries = true}};
    Settings settings_;
    platform::SystemClock clock_;
    log::CapturingLogger log_;
    metrics::Registry registry_;
};

TEST_F(LaggingSecondary, NobodyIsMissedForWhatItDoesNotHave) {
    put(settings_.names.parks_database, "parks", "p", R"({"is_active": true})");
    put_driver("known");
    DriverCaches caches(settings_, pool_, clock_, log_, registry_);
    for (auto* updater : caches.updaters()) {
        ASSERT_EQ(updater->full_pass(), PassOutcome::done)
            << "which reads the primary: the other one is too far behind";
    }
    EXPECT_TRUE(caches.driver("known"));
    put_driver("new");
    caches.read_now(std::vector<std::string>{"new"});
    EXPECT_TRUE(caches.driver("new")) << "reads by id go to the primary";
    for (auto* updater : caches.updaters()) {
        ASSERT_EQ(updater->incremental_pass(), PassOutcome::done);
        ASSERT_EQ(updater->full_pass(), PassOutcome::done);
    }
    EXPECT_FALSE(secondary_.commands("find").empty()) << "that is where incremental passes read";
    EXPECT_TRUE(caches.driver("new"));
    EXPECT_TRUE(caches.driver("known"));

    // Who is not found now may have been made within those 40 s, so he is not taken for removed.
    ASSERT_TRUE(caches.complete_until());
    EXPECT_LE(*caches.complete_until(), clock_.now() - 39s);
    EXPECT_GE(caches.ready_in(), 39s);
    for (const auto& cache : caches.status()) {
        EXPECT_GE(cache.status.lag_seconds, 39.0);
        EXPECT_FALSE(cache.status.is_stale);
    }
}

}  // namespace
}  // namespace twinfleet::driver_cache
