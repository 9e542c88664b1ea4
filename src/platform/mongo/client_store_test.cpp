#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <set>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "platform/bson/testing/documents.hpp"
#include "platform/errors/store_error.hpp"
#include "platform/mongo/client.hpp"
#include "tests/support/embedded_mongo.hpp"
#include "tests/support/stores.hpp"

namespace twinfleet::mongo {
namespace {

using namespace std::chrono_literals;
using bson::Builder;
using bson::Document;
using platform::StoreRefused;
using platform::StoreUnavailable;
using twinfleet::testing::EmbeddedMongo;
using twinfleet::testing::TestMongo;

Document with_id(std::string_view id) {
    return Builder().string("_id", id).take();
}
Document with_id(std::int32_t id) {
    return Builder().int32("_id", id).take();
}
Document with_value(std::string_view id, std::int32_t value) {
    return Builder().string("_id", id).int32("value", value).take();
}
Document set_value(std::int32_t value) {
    return Builder().begin_document("$set").int32("value", value).end().take();
}

std::optional<std::int64_t> value_of(const Collection& collection, std::string_view id) {
    const auto document = collection.find_one(with_id(id));
    return document ? document->view().find("value").value().integer() : std::nullopt;
}

/// `count` documents with `_id` 0, 1, ... and a text of `payload_bytes`.
void fill(const Collection& collection, int count, std::size_t payload_bytes) {
    constexpr std::size_t bulk_bytes_max = std::size_t{16} << 20;
    const std::string payload(payload_bytes, 'x');
    auto bulk = std::make_unique<Bulk>(collection.bulk());
    for (int id = 0; id < count; ++id) {
        bulk->insert(Builder().int32("_id", id).string("payload", payload).take());
        if (bulk->size() * payload_bytes > bulk_bytes_max || id == count - 1) {
            ASSERT_TRUE(bulk->execute().errors.empty());
            bulk = std::make_unique<Bulk>(collection.bulk());
        }
    }
}

int count_of(Cursor& cursor) {
    int count = 0;
    while (cursor.next()) {
        ++count;
    }
    return count;
}

/// Documents that come before the server turns out to be gone.
int count_until_unavailable(Cursor& cursor) {
    int count = 0;
    try {
        while (cursor.next()) {
            ++count;
        }
    } catch (const StoreUnavailable&) {
        return count;
    }
    ADD_FAILURE() << "the cursor came to its end";
    return count;
}

std::size_t resident_bytes() {
    std::ifstream file("/proc/self/statm");
    std::size_t total_pages = 0;
    std::size_t resident_pages = 0;
    file >> total_pages >> resident_pages;
    return resident_pages * 4096;
}

class MongoStore : public ::testing::Test {
protected:
    TestMongo mongo_;
    Collection collection_ = mongo_.pool().collection(mongo_.database_name("database"), "things");
};

TEST_F(MongoStore, FindsWhatWasInserted) {
    auto bulk = collection_.bulk();
    bulk.insert(with_value("a", 1));
    bulk.insert(with_value("b", 2));
    EXPECT_EQ(bulk.size(), 2U);
    const auto result = bulk.execute();
    EXPECT_EQ(result.inserted, 2U);
    EXPECT_TRUE(result.errors.empty());
    EXPECT_EQ(collection_.find_one(with_id("b")), with_value("b", 2));
    EXPECT_EQ(collection_.find_one(with_id("c")), std::nullopt);
    EXPECT_EQ(collection_.estimated_count(), 2);
    collection_.drop();
    EXPECT_EQ(collection_.find_one(with_id("b")), std::nullopt);
    collection_.drop();
}

TEST_F(MongoStore, UpdatesReplacesAndRemoves) {
    auto bulk = collection_.bulk();
    for (const auto* id : {"a", "b", "c", "d", "e"}) {
        bulk.insert(with_value(id, 0));
    }
    static_cast<void>(bulk.execute());

    auto changes = collection_.bulk();
    changes.update_one(with_id("a"), set_value(1));
    changes.replace_one(with_id("b"), with_value("b", 2));
    changes.remove_one(with_id("c"));
    changes.update_one(with_id("new"), set_value(3), true);
    changes.update_one(with_id("missing"), set_value(3));
    changes.update_one(with_id("d"), set_value(0));
    const auto result = changes.execute();
    EXPECT_TRUE(result.errors.empty());
    EXPECT_EQ(result.matched, 3U);
    EXPECT_EQ(result.modified, 2U);
    EXPECT_EQ(result.removed, 1U);
    EXPECT_EQ(value_of(collection_, "a"), 1);
    EXPECT_EQ(value_of(collection_, "b"), 2);
    EXPECT_EQ(collection_.find_one(with_id("c")), std::nullopt);
    EXPECT_EQ(value_of(collection_, "new"), 3);
    EXPECT_EQ(collection_.find_one(with_id("missing")), std::nullopt);

    auto many = collection_.bulk();
    many.update_many(Builder().int32("value", 0).take(), set_value(9));
    EXPECT_EQ(many.execute().modified, 2U);
    EXPECT_EQ(value_of(collection_, "e"), 9);
}

TEST_F(MongoStore, DoesNotValidateDocuments) {
    const auto document = Builder().string("_id", "a").int32("dotted.name", 1).take();
    auto bulk = collection_.bulk();
    bulk.insert(document);
    EXPECT_TRUE(bulk.execute().errors.empty());
    EXPECT_EQ(collection_.find_one(with_id("a")), document);
}

TEST_F(MongoStore, WritesAndReadsBitForBit) {
    // The embedded server drops the connection over these, or stores something else.
    const std::set<std::string_view> left_out{"binary2",   "binary5", "binary128",    "undefined",
                                              "dbPointer", "symbol",  "codeWithScope"};
    const auto bytes = bson::testing::every_type();
    Builder builder;
    builder.string("_id", "a");
    for (const auto& element : bson::View(bytes)) {
        if (!left_out.contains(element.key)) {
            builder.copy(element);
        }
    }
    const auto document = builder.take();
    auto bulk = collection_.bulk();
    bulk.insert(document);
    EXPECT_TRUE(bulk.execute().errors.empty());
    EXPECT_EQ(collection_.find_one(with_id("a")), document);
}

TEST_F(MongoStore, ADuplicateKeyStopsOnlyItself) {
    auto bulk = collection_.bulk();
    bulk.insert(with_value("a", 1));
    bulk.insert(with_value("b", 1));
    bulk.insert(with_value("a", 2));
    bulk.insert(with_value("c", 1));
    const auto result = bulk.execute();
    EXPECT_EQ(result.inserted, 3U);
    ASSERT_EQ(result.errors.size(), 1U);
    EXPECT_EQ(result.errors[0].index, 2U);
    EXPECT_EQ(result.errors[0].code, WriteError::duplicate_key);
    EXPECT_EQ(value_of(collection_, "a"), 1);
    EXPECT_EQ(value_of(collection_, "c"), 1);
}

TEST_F(MongoStore, ErrorsNameTheWriteAmongMixedOnes) {
    collection_.create_index(Builder()
                                 .begin_document("key")
                                 .int32("value", 1)
                                 .end()
                                 .string("name", "value_1")
                                 .boolean("unique", true)
                                 .take());
    auto bulk = collection_.bulk();
    bulk.insert(with_value("a", 1));                     // 0
    bulk.update_one(with_id("none"), set_value(5));      // 1
    bulk.insert(with_value("a", 2));                     // 2: _id taken
    bulk.update_one(with_id("x"), set_value(1), true);   // 3: value taken
    bulk.remove_one(with_id("none"));                    // 4
    bulk.insert(with_value("b", 3));                     // 5
    bulk.replace_one(with_id("b"), with_value("b", 1));  // 6: value taken
    bulk.insert(with_value("c", 3));                     // 7: value taken
    const auto result = bulk.execute();
    std::vector<std::size_t> places;
    for (const auto& error : result.errors) {
        places.push_back(error.index);
        EXPECT_EQ(error.code, WriteError::duplicate_key);
    }
    EXPECT_EQ(places, (std::vector<std::size_t>{2, 3, 6, 7}));
    EXPECT_EQ(result.inserted, 2U);
}

TEST_F(MongoStore, ErrorsNameTheWriteInBulksOfSeveralRequests) {
    // More than one request of the embedded server's maxWriteBatchSize.
    constexpr std::int32_t count = 3'500;
    auto bulk = collection_.bulk();
    for (std::int32_t id = 0; id < count; ++id) {
        bulk.insert(with_id(id % 1'500 == 1'499 ? 0 : id));
    }
    const auto result = bulk.execute();
    ASSERT_EQ(result.errors.size(), 2U);
    EXPECT_EQ(result.errors[0].index, 1'499U);
    EXPECT_EQ(result.errors[1].index, 2'999U);
    EXPECT_EQ(result.inserted, static_cast<std::uint64_t>(count - 2));
}

TEST_F(MongoStore, ErrorsDoNotQuoteData) {
    collection_.create_index(Builder()
                                 .begin_document("key")
                                 .int32("phone", 1)
                                 .end()
                                 .string("name", "phone_1")
                                 .boolean("unique", true)
                                 .take());
    auto bulk = collection_.bulk();
    for (const auto* id : {"a", "b"}) {
        bulk.insert(Builder().string("_id", id).string("phone", "+79990001122").take());
    }
    const auto result = bulk.execute();
    ASSERT_EQ(result.errors.size(), 1U);
    EXPECT_THAT(result.errors[0].message, ::testing::HasSubstr("phone_1"));
    EXPECT_THAT(result.errors[0].message, ::testing::Not(::testing::HasSubstr("7999")));
}

TEST_F(MongoStore, ACommandTheServerDoesNotKnowIsRefused) {
    try {
        static_cast<void>(mongo_.pool().command("admin", Builder().int32("noSuchCommand", 1).take()));
        FAIL();
    } catch (const StoreRefused& error) {
        EXPECT_EQ(error.code(), 59);
        EXPECT_EQ(error.store(), "MongoDB");
    }
}

TEST_F(MongoStore, AFilterTheServerDoesNotUnderstandIsRefused) {
    fill(collection_, 1, 1);
    const auto filter = Builder().begin_document("_id").int32("$noSuchOperator", 1).end().take();
    auto cursor = collection_.find(filter);
    EXPECT_THROW(static_cast<void>(cursor.next()), StoreRefused);
    EXPECT_THROW(static_cast<void>(collection_.find_one(filter)), StoreRefused);
}

TEST_F(MongoStore, TellsTheServersTime) {
    const auto now_ms = [] {
        return std::chrono::duration_cast<std::chrono::milliseconds>(
                   std::chrono::system_clock::now().time_since_epoch())
            .count();
    };
    const auto before = now_ms();
    const auto server_time = mongo_.pool().server_time_ms();
    EXPECT_GE(server_time, before - 1);
    EXPECT_LE(server_time, now_ms() + 1);
}

TEST_F(MongoStore, MakesAnIndexOnce) {
    const auto keys = Builder().int32("updated_ts", 1).int32("_id", 1).take();
    const auto index = Builder().document("key", keys).string("name", "updated").take();
    collection_.create_index(index);
    collection_.create_index(index);
    const auto indexes =
        mongo_.pool().command(collection_.database(), Builder().string("listIndexes", "things").take());
    int made = 0;
    for (const auto& element : indexes.view().find("cursor")->document().find("firstBatch")->document()) {
        made += element.document().find("name")->string() == "updated" ? 1 : 0;
    }
    EXPECT_EQ(made, 1);
}

TEST_F(MongoStore, AnIndexOfTheSameKeysUnderOtherOptionsIsNoError) {
    const auto keys = Builder().int32("park_id", 1).take();
    collection_.create_index(Builder().document("key", keys).string("name", "first").take());
    collection_.create_index(Builder().document("key", keys).string("name", "second").take());
    collection_.create_index(Builder().document("key", keys).string("name", "first").boolean("unique", true).take());
    collection_.create_index(Builder().begin_document("key").real("park_id", 1.0).end().string("name", "third").take());
    // The first is there still, and what it was is what it is: others may go by it.
    const auto listed = mongo_.pool().command(collection_.database(), Builder().string("listIndexes", "things").take());
    std::vector<std::string> names;
    for (const auto& element : listed.view().find("cursor")->document().find("firstBatch")->document()) {
        const auto index = element.document();
        names.emplace_back(index.find("name")->string());
        if (names.back() == "first") {
            EXPECT_FALSE(index.find("unique")) << bson::to_extended_json(index);
        }
    }
    // The embedded server makes the second and the third beside it, others do not.
    EXPECT_EQ(std::ranges::count(names, "first"), 1);
    auto bulk = collection_.bulk();
    for (const auto* id : {"a", "b"}) {
        bulk.insert(Builder().string("_id", id).string("park_id", "same").take());
    }
    EXPECT_TRUE(bulk.execute().errors.empty());
}

TEST_F(MongoStore, ACursorReadsEverythingOnceInOrder) {
    constexpr int count = 5'000;
    fill(collection_, count, 100);
    auto cursor = collection_.find(Document(), {.sort = Builder().int32("_id", 1).take(), .batch_size = 7});
    for (int id = 0; id < count; ++id) {
        const auto document = cursor.next();
        ASSERT_TRUE(document) << id;
        ASSERT_EQ(document->find("_id")->integer(), id);
    }
    EXPECT_EQ(cursor.next(), std::nullopt);
    EXPECT_EQ(cursor.next(), std::nullopt);
}

TEST_F(MongoStore, ACursorHonoursProjectionAndLimit) {
    fill(collection_, 500, 10);
    auto cursor =
        collection_.find(Document(), {.projection = Builder().int32("_id", 1).take(), .limit = 321, .batch_size = 100});
    const auto first = cursor.next();
    ASSERT_TRUE(first);
    EXPECT_TRUE(first->find("_id"));
    EXPECT_FALSE(first->find("payload"));
    EXPECT_EQ(count_of(cursor), 320);
}

TEST_F(MongoStore, ACursorGivesItsConnectionBack) {
    const Pool pool({.uri = mongo_.uri(), .connections_max = 1, .connection_wait_timeout = 50ms});
    fill(collection_, 10, 10);
    const auto collection = pool.collection(collection_.database(), collection_.name());
    {
        auto cursor = collection.find(Document());
        ASSERT_TRUE(cursor.next());
        EXPECT_THROW(pool.ping(), StoreUnavailable);
        auto moved = std::move(cursor);
        EXPECT_EQ(count_of(moved), 9);
    }
    pool.ping();
}

TEST_F(MongoStore, TellsHowManyConnectionsThereAreAndAreInUse) {
    const Pool pool({.uri = mongo_.uri(), .connections_max = 2, .connection_wait_timeout = 50ms});
    const auto expect_usage = [&](std::size_t open, std::size_t in_use) {
        EXPECT_EQ(pool.usage().open, open);
        EXPECT_EQ(pool.usage().in_use, in_use);
    };
    EXPECT_EQ(pool.usage().max, 2U);
    EXPECT_EQ(Pool({.uri = "mongodb://127.0.0.1/?maxPoolSize=3", .connections_max = 2}).usage().max, 3U);
    expect_usage(0, 0);
    pool.ping();
    expect_usage(1, 0);
    const auto collection = pool.collection(collection_.database(), collection_.name());
    {
        const auto cursor = collection.find(Document());
        expect_usage(1, 1);
        const auto bulk = collection.bulk();
        expect_usage(2, 2);
        EXPECT_THROW(pool.ping(), StoreUnavailable);
        expect_usage(2, 2);
    }
    expect_usage(2, 0);
}

TEST_F(MongoStore, CanBeUsedFromManyThreads) {
    constexpr int threads = 8;
    constexpr int rounds = 25;
    const Pool pool({.uri = mongo_.uri(), .connections_max = 3});
    const auto collection = pool.collection(collection_.database(), "from_threads");
    std::atomic<int> wrong = 0;
    {
        std::vector<std::jthread> workers;
        workers.reserve(threads);
        for (int thread = 0; thread < threads; ++thread) {
            workers.emplace_back([&, thread] {
                for (int round = 0; round < rounds; ++round) {
                    const auto id = thread * rounds + round;
                    auto bulk = std::make_unique<Bulk>(collection.bulk());
                    bulk->insert(with_id(id));
                    wrong += bulk->execute().inserted == 1 ? 0 : 1;
                    bulk.reset();
                    wrong += collection.find_one(with_id(id)) ? 0 : 1;
                }
            });
        }
    }
    EXPECT_EQ(wrong, 0);
    auto cursor = collection.find(Document());
    EXPECT_EQ(count_of(cursor), threads * rounds);
}

// The tests below disturb their server and have one of their own.

TEST(MongoServerLost, ACursorIsUnavailableAfterTheAnswersThatCame) {
    EmbeddedMongo server;
    const Pool pool({.uri = server.uri()});
    const auto collection = pool.collection("database", "things");
    fill(collection, 5'000, 100);
    // The second answer holds as many as are allowed, as the documents are small.
    auto cursor = collection.find(Document(), {.batch_size = 1, .batch_size_max = 1'500});
    ASSERT_TRUE(cursor.next());
    ASSERT_TRUE(cursor.next());
    server.kill();
    EXPECT_EQ(2 + count_until_unavailable(cursor), 1 + 1'500);
    EXPECT_THROW(static_cast<void>(cursor.next()), StoreUnavailable);
}

TEST(MongoServerLost, AnswersOfHeavyDocumentsShrink) {
    constexpr std::size_t document_bytes = std::size_t{2} << 20;
    EmbeddedMongo server;
    const Pool pool({.uri = server.uri()});
    const auto collection = pool.collection("database", "things");
    fill(collection, 20, document_bytes);
    auto cursor = collection.find(Document(), {.batch_size = 4, .batch_bytes_target = 3 * document_bytes});
    for (int count = 0; count < 5; ++count) {
        ASSERT_TRUE(cursor.next());
    }
    server.kill();
    // Two and not three: the fields around the payload weigh something, too.
    EXPECT_EQ(5 + count_until_unavailable(cursor), 4 + 2);
}

TEST(MongoServerLost, HeavyDocumentsTakeTheMemoryOfOneAnswer) {
    constexpr std::size_t document_bytes = std::size_t{2} << 20;
    constexpr int count = 60;
    EmbeddedMongo server;
    const Pool pool({.uri = server.uri()});
    const auto collection = pool.collection("database", "things");
    fill(collection, count, document_bytes);
    auto cursor = collection.find(Document(), {.batch_size = 2});
    const auto before = resident_bytes();
    std::size_t highest = before;
    for (int id = 0; id < count; ++id) {
        ASSERT_TRUE(cursor.next());
        highest = std::max(highest, resident_bytes());
    }
    EXPECT_EQ(cursor.next(), std::nullopt);
    // About 4 MB an answer, and what the allocator keeps of it; not the 120 MB that are read.
    EXPECT_LT(highest - before, count * document_bytes / 2);
}

TEST(MongoServerLost, ABulkIsUnavailable) {
    EmbeddedMongo server;
    const Pool pool({.uri = server.uri()});
    const auto collection = pool.collection("database", "things");
    pool.ping();
    auto bulk = collection.bulk();
    bulk.insert(with_id(1));
    bulk.update_one(with_id(2), set_value(1));
    server.kill();
    EXPECT_THROW(static_cast<void>(bulk.execute()), StoreUnavailable);
}

TEST(MongoServerLost, APausedServerRunsIntoTheSocketTimeout) {
    EmbeddedMongo server;
    const Pool pool({.uri = server.uri(), .server_selection_timeout = 10s, .socket_timeout = 1s});
    pool.ping();
    server.pause();
    EXPECT_THROW(pool.ping(), StoreUnavailable);
    server.resume();
    pool.ping();
}

TEST(MongoServerLost, ThePoolRecoversWhenTheServerIsBack) {
    EmbeddedMongo server;
    const Pool pool({.uri = server.uri(), .server_selection_timeout = 10s});
    pool.ping();
    server.restart();
    // The connection that broke is noticed by whoever uses it first, if it was not noticed before.
    try {
        pool.ping();
    } catch (const StoreUnavailable&) {
    }
    const auto collection = pool.collection("database", "things");
    EXPECT_NO_THROW(fill(collection, 3, 10));
    auto cursor = collection.find(Document());
    EXPECT_EQ(count_of(cursor), 3);
}

TEST(MongoServerLost, DataInAFileSurvivesARestart) {
    const auto file = std::filesystem::temp_directory_path() / ("embedded_mongo_" + std::to_string(::getpid()));
    {
        EmbeddedMongo server(file);
        const Pool pool({.uri = server.uri()});
        fill(pool.collection("database", "things"), 10, 10);
        server.restart();
        const Pool pool_after({.uri = server.uri()});
        auto cursor = pool_after.collection("database", "things").find(Document());
        EXPECT_EQ(count_of(cursor), 10);
    }
    std::filesystem::remove(file);
}

}  // namespace
}  // namespace twinfleet::mongo
