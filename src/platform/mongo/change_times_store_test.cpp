#include <array>
#include <latch>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "platform/mongo/change_times.hpp"
#include "tests/support/embedded_mongo.hpp"

namespace twinfleet::mongo {
namespace {

using testing::MongoLikeness;

/// On a server that sets the empty Timestamps of inserted documents, and on one that keeps them.
class ChangeTimesTest : public ::testing::TestWithParam<MongoLikeness> {
protected:
    void insert(const std::string& id, bson::Timestamp time) const {
        Bulk bulk = things_.bulk();
        bulk.insert(WithChangeTime()(bson::Builder().string("_id", id).take(), time));
        ASSERT_TRUE(bulk.execute().errors.empty());
    }
    [[nodiscard]] bson::ChangeTime time_of(const std::string& id) const {
        const auto found = things_.find_one(bson::Builder().string("_id", id).take());
        return found ? bson::ChangeTime::of(found->view()) : bson::ChangeTime();
    }
    /// As the class says.
    void insert_in_turn(const std::string& id) {
        auto turn = times_.take_turn();
        insert(id, times_.for_inserts());
        if (turn.owns_lock()) {
            ++questions_;
            times_.learn(time_of(id));
        }
    }

    const testing::EmbeddedMongo server_{{}, GetParam()};
    const Pool pool_{{.uri = server_.uri()}};
    const Collection things_ = pool_.collection("database", "things");
    ChangeTimes times_{pool_};
    std::atomic<int> questions_ = 0;
};

TEST_P(ChangeTimesTest, OneInsertAsksAndTheOthersWaitForTheAnswer) {
    EXPECT_FALSE(times_.are_known());
    constexpr int count = 8;
    {
        std::latch start(count);
        std::vector<std::jthread> threads;
        for (int i = 0; i < count; ++i) {
            threads.emplace_back([&, i] {
                start.arrive_and_wait();
                insert_in_turn(std::to_string(i));
            });
        }
    }
    EXPECT_EQ(questions_, 1);
    EXPECT_TRUE(times_.are_known());
    EXPECT_EQ(times_.are_set_by_server(), GetParam() == MongoLikeness::faithful);
    int empty = 0;
    for (int i = 0; i < count; ++i) {
        empty += ChangeTimes::is_empty(time_of(std::to_string(i))) ? 1 : 0;
    }
    EXPECT_EQ(empty, GetParam() == MongoLikeness::faithful ? 0 : 1) << "but for the one that asked";
}

TEST_P(ChangeTimesTest, WhoeverComesNextAsksWhenTheFirstOneLearntNothing) {
    { const auto turn = times_.take_turn(); }
    EXPECT_FALSE(times_.are_known());
    EXPECT_TRUE(times_.take_turn().owns_lock());
    insert_in_turn("a");
    EXPECT_FALSE(times_.take_turn().owns_lock());
}

TEST_P(ChangeTimesTest, ReplacementsHaveATimeWhateverIsKnown) {
    insert("a", {.seconds = 1, .increment = 1});
    const auto replace = [this] {
        Bulk bulk = things_.bulk();
        bulk.replace_one(bson::Builder().string("_id", "a").take(),
                         WithChangeTime()(bson::Builder().string("_id", "a").take(), times_.for_replacements()));
        ASSERT_EQ(bulk.execute().matched, 1U);
    };
    replace();
    EXPECT_GT(time_of("a"), bson::ChangeTime::of({.seconds = 1, .increment = 1}));
    insert_in_turn("b");
    replace();
    EXPECT_GT(time_of("a"), bson::ChangeTime::of({.seconds = 1, .increment = 1}));
}

INSTANTIATE_TEST_SUITE_P(Servers, ChangeTimesTest,
                         ::testing::Values(MongoLikeness::faithful, MongoLikeness::only_similar),
                         [](const auto& server) { return testing::name_of(server.param); });

TEST(WithChangeTime, PutsTheTimeBehindTheOtherFields) {
    WithChangeTime with_change_time;
    const auto document = bson::from_json(R"({"_id": "a", "n": 1})");
    const bson::View stamped = with_change_time(document, {.seconds = 7, .increment = 2});
    EXPECT_EQ(bson::to_extended_json(stamped),
              R"({"_id":"a","n":{"$numberInt":"1"},"updated_ts":{"$timestamp":{"t":7,"i":2}}})");
    EXPECT_EQ(stamped.size_bytes(), document.size_bytes() + WithChangeTime::size_bytes);
}

}  // namespace
}  // namespace twinfleet::mongo
