#include "platform/mongo/replica.hpp"

#include <chrono>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "platform/bson/builder.hpp"
#include "platform/mongo/client.hpp"
#include "tests/support/mongo_proxy.hpp"

namespace twinfleet::mongo {
namespace {

using namespace std::chrono_literals;
using bson::Document;
using twinfleet::testing::MongoProxy;
using Verdict = MongoProxy::Verdict;

/// What a member says of its last write: when, and by which the last one was that a majority has.
Document hello_of(std::uint32_t written_s, std::uint32_t majority_s, std::int64_t now_s) {
    return bson::Builder()
        .date("localTime", now_s * 1'000)
        .begin_document("lastWrite")
        .begin_document("opTime")
        .timestamp("ts", {.seconds = written_s, .increment = 1})
        .int64("t", 1)
        .end()
        .date("lastWriteDate", std::int64_t{written_s} * 1'000)
        .begin_document("majorityOpTime")
        .timestamp("ts", {.seconds = majority_s, .increment = 1})
        .int64("t", 1)
        .end()
        .date("majorityWriteDate", std::int64_t{majority_s} * 1'000)
        .end()
        .take();
}

TEST(MongoReplica, IsAsFarBehindAsItsLastWriteIsOld) {
    EXPECT_EQ(Replica::lag_of(hello_of(1'000, 990, 1'007), hello_of(1'005, 1'005, 1'007)), 17'000ms);
    EXPECT_EQ(Replica::lag_of(hello_of(1'004, 1'004, 2'000), hello_of(1'005, 1'004, 1'007)), 3'000ms)
        << "by the primary's clock";
}

TEST(MongoReplica, IsNotBehindWhereNothingWasWrittenSince) {
    EXPECT_EQ(Replica::lag_of(hello_of(1'000, 1'000, 5'000), hello_of(1'000, 1'000, 5'000)), 0ms);
    EXPECT_EQ(Replica::lag_of(hello_of(1'001, 1'001, 5'000), hello_of(1'000, 1'000, 5'000)), 0ms)
        << "it was asked later";
}

TEST(MongoReplica, ThatDoesNotTellIsNotUsed) {
    EXPECT_EQ(Replica::lag_of(Document(), hello_of(1'000, 1'000, 5'000)), std::nullopt);
    EXPECT_EQ(Replica::lag_of(hello_of(1'000, 1'000, 5'000), Document()), std::nullopt);
    EXPECT_EQ(Replica::lag_of(bson::from_json(R"({"lastWrite": {"majorityOpTime": 7}})"), hello_of(1, 1, 1)),
              std::nullopt);
}

/// A primary and a secondary.
class MongoReplicas : public ::testing::Test {
protected:
    MongoReplicas() {
        be_a_set(primary_, primary_.primary_of_a_set(secondary_.port()), hello_of(1'000, 1'000, 1'020));
        be_a_set(secondary_, secondary_.secondary_of_a_set(primary_.port()), hello_of(990, 985, 1'020));
    }

    static void be_a_set(MongoProxy& member, const Document& role, const Document& last_write) {
        const Document hello = bson::Builder()
                                   .copy(role.view().bytes().subspan(4, role.size_bytes() - 5))
                                   .copy(last_write.view().bytes().subspan(4, last_write.size_bytes() - 5))
                                   .take();
        member.follow([hello](const MongoProxy::Command& command) {
            if (command.name == "hello") {
                return Verdict{.with = hello};
            }
            return command.name == "find" ? Verdict{.answer = bson::from_json(R"({"cursor": {
                "id": {"$numberLong": "0"}, "ns": "database.things", "firstBatch": []}, "ok": 1})")}
                                          : Verdict();
        });
    }
    [[nodiscard]] Settings settings(const std::string& options) const {
        return {.uri = "mongodb://127.0.0.1:" + std::to_string(primary_.port()) +
                       ",127.0.0.1:" + std::to_string(secondary_.port()) + "/?replicaSet=rs0&" + options,
                .server_selection_timeout = 5s,
                .may_read_from_secondaries = true};
    }

    MongoProxy primary_;
    MongoProxy secondary_;
};

TEST_F(MongoReplicas, AReadFollowsThePreferenceAndKnowsHowOldItsAnswerIs) {
    const Pool pool(settings("readPreference=secondary"));
    const Replica replica = pool.choose_replica();
    ASSERT_TRUE(replica.server_id);
    EXPECT_EQ(replica.behind, 35'000ms);
    const auto things = pool.collection("database", "things");
    static_cast<void>(things.find_one(Document(), {.server_id = replica.server_id}));
    EXPECT_EQ(secondary_.commands("find").size(), 1U);
    static_cast<void>(things.find_one(Document(), {.from_primary = true}));
    static_cast<void>(things.find_one(Document(), {.is_uncommitted = true}));
    EXPECT_EQ(secondary_.commands("find").size(), 1U);
    EXPECT_EQ(primary_.commands("find").size(), 2U);
}

TEST_F(MongoReplicas, WithoutAPreferenceItIsThePrimary) {
    const Pool pool(settings(""));
    const Replica replica = pool.choose_replica();
    EXPECT_EQ(replica.server_id, std::nullopt);
    EXPECT_EQ(replica.behind, 0ms);
    static_cast<void>(pool.collection("database", "things").find_one(Document()));
    EXPECT_EQ(primary_.commands("find").size(), 1U);
}

TEST(MongoRouter, IsNoReplicaWhoseAgeCouldBeTold) {
    MongoProxy router;
    router.follow([](const MongoProxy::Command& command) {
        return command.name == "hello" ? Verdict{.with = MongoProxy::router()} : Verdict();
    });
    const Pool pool({.uri = router.uri("readPreference=secondaryPreferred"),
                     .server_selection_timeout = 5s,
                     .may_read_from_secondaries = true});
    EXPECT_EQ(pool.choose_replica().server_id, std::nullopt);
}

}  // namespace
}  // namespace twinfleet::mongo
