// What the stores of documents do on a MongoDB, and on a server that only resembles one.
#include <array>
#include <latch>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "capabilities/mirroring/entities/entity_table.hpp"
#include "capabilities/mirroring/stores/entity_store_mongo.hpp"
#include "capabilities/mirroring/stores/indexes_mongo.hpp"
#include "capabilities/mirroring/stores/stand_in_mongo.hpp"
#include "tests/support/embedded_mongo.hpp"
#include "tests/support/stores.hpp"

namespace twinfleet::mirroring {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using twinfleet::testing::EmbeddedMongo;
using twinfleet::testing::MongoLikeness;
using twinfleet::testing::put_as_is;
using twinfleet::testing::TestMongo;

const EmbeddedMongo& server_of(MongoLikeness likeness) {
    if (likeness == MongoLikeness::faithful) {
        static const EmbeddedMongo faithful;
        return faithful;
    }
    static const EmbeddedMongo only_similar({}, MongoLikeness::only_similar);
    return only_similar;
}

class StandInTest : public ::testing::TestWithParam<MongoLikeness> {
protected:
    StandInTest() {
        make_indexes(mongo_.pool(), std::array{cars_entity_}, {.database = database_, .collection = "unique_drivers"});
    }

    [[nodiscard]] Entity cars_here() const {
        Entity row = entity("cars");
        row.database = database_;
        return row;
    }
    [[nodiscard]] static ChildInsert child(const std::string& id) {
        return {.document = bson::Builder().string("_id", id).int32("n", 1).take(), .id = domain::ChildId(id)};
    }
    /// An update of the car as it stands now.
    [[nodiscard]] ChildUpdate update_of(const std::string& id, const std::string& set,
                                        std::vector<std::string> unset = {}) const {
        ChildUpdate update{.id = domain::ChildId(id),
                           .version = {},
                           .set = bson::from_json(set),
                           .unset = std::move(unset),
                           .replacement = {}};
        const bson::Document document = car(id);
        const auto version = document.view().find("updated_ts");
        update.version.updated_ts.assign(version->whole.begin(), version->whole.end());
        return update;
    }
    [[nodiscard]] bson::Document car(const std::string& id) const {
        return cars_.find_one(bson::Builder().string("_id", id).take()).value();
    }
    [[nodiscard]] std::vector<std::string> cars_with_empty_time() const {
        std::vector<std::string> ids;
        auto cursor = cars_.find({});
        while (const auto document = cursor.next()) {
            if (mongo::ChangeTimes::is_empty(bson::ChangeTime::of(*document))) {
                ids.emplace_back(document->find("_id")->string());
            }
        }
        return ids;
    }

    const TestMongo mongo_{server_of(GetParam()).uri()};
    const std::string database_ = mongo_.database_name("fleet");
    const Entity cars_entity_ = cars_here();
    const mongo::Collection cars_ = mongo_.pool().collection(database_, "cars");
};

TEST_P(StandInTest, FirstInsertsSideBySideLeaveNoEmptyTime) {
    constexpr int rounds = 10;
    constexpr int runners = 4;
    for (int round = 0; round < rounds; ++round) {
        // A process that has just begun.
        EntityStoreMongo store(mongo_.pool(), cars_entity_, {});
        std::latch start(runners);
        std::vector<std::jthread> threads;
        for (int runner = 0; runner < runners; ++runner) {
            threads.emplace_back([&, round, runner] {
                std::vector<ChildInsert> children;
                for (int i = 0; i < 50; ++i) {
                    children.push_back(
                        child(std::to_string(round) + "_" + std::to_string(runner) + "_" + std::to_string(i)));
                }
                start.arrive_and_wait();
                EXPECT_THAT(store.insert(children), Each(WriteOutcome::written));
            });
        }
    }
    EXPECT_THAT(cars_with_empty_time(), IsEmpty());
    EXPECT_EQ(cars_.estimated_count(), rounds * runners * 50);
}

TEST_P(StandInTest, WhatTheFirstInsertMeetsThatIsThereAlreadyTeachesNothingWrong) {
    put_as_is(cars_, bson::from_json(R"({"_id": "there", "updated_ts": {"$timestamp": {"t": 0, "i": 0}}})"));
    EntityStoreMongo store(mongo_.pool(), cars_entity_, {});
    EXPECT_THAT(store.insert(std::array{child("there"), child("a"), child("b")}),
                ElementsAre(WriteOutcome::exists, WriteOutcome::written, WriteOutcome::written));
    EXPECT_THAT(store.insert(std::array{child("c"), child("d")}), Each(WriteOutcome::written));
    EXPECT_THAT(cars_with_empty_time(), IsEmpty());
}

TEST_P(StandInTest, WritesValuesThatOnlyLookLikeTheOldOnes) {
    put_as_is(cars_, bson::from_json(R"({"_id": "a", "int": 1, "real": 0.0, "deep": {"x": [1, {"p": 1, "q": 2}]},
            "large": {"$numberLong": "9007199254740992"},
            "color": "red", "updated_ts": {"$timestamp": {"t": 100, "i": 1}}})"));
    put_as_is(cars_, bson::from_json(R"({"_id": "stale", "updated_ts": {"$timestamp": {"t": 100, "i": 1}}})"));
    EntityStoreMongo store(mongo_.pool(), cars_entity_, {});
    EXPECT_THAT(store.insert(std::array{child("asks")}), ElementsAre(WriteOutcome::written));
    const std::string set = R"({"int": {"$numberLong": "1"}, "real": {"$numberDouble": "-0.0"},
        "deep": {"x": [{"$numberDouble": "1.0"}, {"q": 2, "p": 1}]},
        "large": {"$numberLong": "9007199254740993"}, "new": null})";
    std::vector<ChildUpdate> updates{update_of("a", set, {"color"}), update_of("stale", R"({"int": 1})")};
    updates[1].version.updated_ts.back() ^= 1;
    EXPECT_THAT(store.update(updates), ElementsAre(WriteOutcome::written, WriteOutcome::moved_on));
    const auto changed = car("a");
    const auto wanted = bson::from_json(set);
    for (const auto& element : wanted.view()) {
        const auto found = changed.view().find(element.key);
        ASSERT_TRUE(found) << element.key;
        EXPECT_EQ(bson::to_extended_json(*found), bson::to_extended_json(element)) << element.key;
    }
    EXPECT_FALSE(changed.view().find("color"));
}

INSTANTIATE_TEST_SUITE_P(Servers, StandInTest, ::testing::Values(MongoLikeness::faithful, MongoLikeness::only_similar),
                         [](const auto& server) { return twinfleet::testing::name_of(server.param); });

}  // namespace
}  // namespace twinfleet::mirroring
