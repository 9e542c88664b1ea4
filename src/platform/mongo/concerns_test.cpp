// What is asked of a server besides what is to be written or read, and what becomes of its failing to do so. The server
// is a script.
#include <chrono>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "platform/errors/store_error.hpp"
#include "platform/mongo/client.hpp"
#include "tests/support/mongo_proxy.hpp"

namespace twinfleet::mongo {
namespace {

using namespace std::chrono_literals;
using bson::Builder;
using bson::Document;
using platform::ConnectionBroken;
using platform::StoreUnavailable;
using ::testing::HasSubstr;
using twinfleet::testing::MongoProxy;
using Verdict = MongoProxy::Verdict;

class MongoConcerns : public ::testing::Test {
protected:
    /// What the server says of itself from now on.
    void be(const Document& hello) {
        proxy_.follow([hello](const MongoProxy::Command& command) {
            return command.name == "hello" ? Verdict{.with = hello} : Verdict();
        });
    }
    /// The member of a replica set that does this with commands of the name.
    void do_with(const std::string& name, const Verdict& verdict) {
        proxy_.follow([name, verdict, hello = proxy_.primary_of_a_set()](const MongoProxy::Command& command) {
            if (command.name == "hello") {
                return Verdict{.with = hello};
            }
            return command.name == name ? verdict : Verdict();
        });
    }
    [[nodiscard]] Settings settings(const std::string& options = "") const {
        return {.uri = proxy_.uri(options), .server_selection_timeout = 5s, .socket_timeout = 30s};
    }
    [[nodiscard]] static BulkResult insert(const Pool& pool) {
        auto bulk = pool.collection("database", "things").bulk();
        bulk.insert(Builder().string("_id", "a").take());
        return bulk.execute();
    }
    /// Extended JSON of a field of the last command of that name; empty where there is none.
    [[nodiscard]] std::string asked(std::string_view command, std::string_view field) const {
        const auto all = proxy_.commands(command);
        const auto found = all.empty() ? std::nullopt : all.back().view().find(field);
        return found ? bson::to_extended_json(*found) : "";
    }

    MongoProxy proxy_;
};

TEST_F(MongoConcerns, AreMajorityOfAReplicaSetAndOfAShardedCluster) {
    for (const Document& kind : {proxy_.primary_of_a_set(), MongoProxy::router()}) {
        be(kind);
        const Pool pool(settings());
        static_cast<void>(insert(pool));
        const auto sent = proxy_.last_command("insert");
        const auto written = sent.view().find("writeConcern");
        ASSERT_TRUE(written);
        EXPECT_EQ(written->document().find("w")->string(), "majority");
        EXPECT_EQ(written->document().find("wtimeout")->integer(), 20'000) << "two thirds of the socket timeout";
        const auto collection = pool.collection("database", "things");
        EXPECT_THROW(static_cast<void>(collection.find_one(Document())), std::exception) << "it answers no cursor";
        EXPECT_THAT(asked("find", "readConcern"), HasSubstr("\"majority\""));
        collection.create_index(Builder().begin_document("key").int32("a", 1).end().string("name", "a").take());
        EXPECT_THAT(asked("createIndexes", "writeConcern"), HasSubstr("\"majority\""));
    }
}

TEST_F(MongoConcerns, AreNoneOfAStandaloneServer) {
    const Pool pool(settings());
    static_cast<void>(insert(pool));
    EXPECT_EQ(asked("insert", "writeConcern"), "");
    const auto collection = pool.collection("database", "things");
    EXPECT_THROW(static_cast<void>(collection.find_one(Document(), {.is_uncommitted = true})), std::exception);
    EXPECT_EQ(asked("find", "readConcern"), "");
    collection.create_index(Builder().begin_document("key").int32("a", 1).end().string("name", "a").take());
    EXPECT_EQ(asked("createIndexes", "writeConcern"), "");
}

TEST_F(MongoConcerns, AreThoseOfTheUriWhereItHasAny) {
    be(proxy_.primary_of_a_set());
    const Pool pool(settings("w=2&wtimeoutMS=700&readConcernLevel=linearizable"));
    static_cast<void>(insert(pool));
    const auto sent = proxy_.last_command("insert");
    const auto written = sent.view().find("writeConcern");
    ASSERT_TRUE(written);
    EXPECT_EQ(written->document().find("w")->integer(), 2);
    EXPECT_EQ(written->document().find("wtimeout")->integer(), 700);
    EXPECT_THROW(static_cast<void>(pool.collection("database", "things").find_one(Document())), std::exception);
    EXPECT_THAT(asked("find", "readConcern"), HasSubstr("\"linearizable\""));
}

TEST_F(MongoConcerns, AReadOfWhatIsNotCommittedYetAsksForNoMajority) {
    be(proxy_.primary_of_a_set());
    const Pool pool(settings());
    EXPECT_THROW(
        static_cast<void>(pool.collection("database", "things").find_one(Document(), {.is_uncommitted = true})),
        std::exception);
    EXPECT_THAT(asked("find", "readConcern"), HasSubstr("\"local\""));
}

TEST_F(MongoConcerns, AServerThatBecameAReplicaSetIsAskedForAMajority) {
    const Pool pool(settings());
    static_cast<void>(insert(pool));
    EXPECT_EQ(asked("insert", "writeConcern"), "");
    do_with("insert", {.is_cut_off = true});
    EXPECT_THROW(static_cast<void>(insert(pool)), ConnectionBroken);
    be(proxy_.primary_of_a_set());
    static_cast<void>(insert(pool));
    EXPECT_THAT(asked("insert", "writeConcern"), HasSubstr("\"majority\""));
}

TEST_F(MongoConcerns, AWriteThatIsNotAcknowledgedIsUnavailableAndSaysWhy) {
    do_with("insert", {.with = twinfleet::testing::write_concern_error()});
    const Pool pool(settings());
    try {
        static_cast<void>(insert(pool));
        FAIL() << "a majority did not have it";
    } catch (const ConnectionBroken&) {
        FAIL() << "nothing broke";
    } catch (const StoreUnavailable& unavailable) {
        EXPECT_THAT(unavailable.what(), HasSubstr("waiting for replication timed out"));
    }
    do_with("createIndexes", {.with = twinfleet::testing::write_concern_error()});
    EXPECT_THROW(pool.collection("database", "things")
                     .create_index(Builder().begin_document("key").int32("a", 1).end().string("name", "a").take()),
                 StoreUnavailable);
}

TEST_F(MongoConcerns, TellsAConnectionThatBreaksFromAServerThatIsSilent) {
    do_with("insert", {.is_cut_off = true});
    Settings impatient = settings();
    impatient.socket_timeout = 400ms;
    const Pool pool(impatient);
    EXPECT_THROW(static_cast<void>(insert(pool)), ConnectionBroken);
    do_with("insert", {.is_never_answered = true});
    try {
        static_cast<void>(insert(pool));
        FAIL() << "nobody answered";
    } catch (const ConnectionBroken&) {
        FAIL() << "nothing broke";
    } catch (const StoreUnavailable& unavailable) {
        EXPECT_THAT(unavailable.what(), HasSubstr("within 400 ms"));
    }
}

TEST_F(MongoConcerns, APrimaryThatSteppedDownDidNotBreak) {
    do_with("insert", {.answer = Builder()
                                     .real("ok", 0)
                                     .int32("code", 10107)
                                     .string("codeName", "NotWritablePrimary")
                                     .string("errmsg", "not primary")
                                     .take()});
    const Pool pool(settings());
    try {
        static_cast<void>(insert(pool));
        FAIL() << "it is no primary";
    } catch (const ConnectionBroken&) {
        FAIL() << "nothing broke";
    } catch (const StoreUnavailable&) {
        SUCCEED();
    }
}

}  // namespace
}  // namespace twinfleet::mongo
