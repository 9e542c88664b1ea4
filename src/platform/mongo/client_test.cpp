#include "platform/mongo/client.hpp"

#include <chrono>
#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "platform/errors/store_error.hpp"

namespace twinfleet::mongo {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

// Port 1 (tcpmux) is privileged, and nobody listens there.
constexpr const char* refusing_uri = "mongodb://somebody:s3cret@127.0.0.1:1/?authSource=admin";

TEST(MongoPool, RefusesAUriThatCannotBeParsedWithoutRepeatingIt) {
    for (const auto* uri : {"s3cret", "mongodb://user:s3cret@/", "http://s3cret"}) {
        try {
            const Pool pool({.uri = uri});
            FAIL() << uri;
        } catch (const std::invalid_argument& error) {
            EXPECT_THAT(error.what(), Not(HasSubstr("s3cret")));
        }
    }
}

TEST(MongoPool, DoesNotConnectWhenConstructed) {
    const Pool pool({.uri = refusing_uri});
}

TEST(MongoPool, IsUnavailableOnceTheServerSelectionTimeoutHasPassed) {
    const Pool pool({.uri = refusing_uri, .server_selection_timeout = 200ms});
    ::testing::internal::CaptureStderr();
    const auto start = std::chrono::steady_clock::now();
    try {
        pool.ping();
        ADD_FAILURE() << "somebody answers on port 1";
    } catch (const platform::StoreUnavailable& error) {
        EXPECT_EQ(error.store(), "MongoDB");
        EXPECT_THAT(error.what(), Not(HasSubstr("s3cret")));
    }
    const auto passed = std::chrono::steady_clock::now() - start;
    EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
    EXPECT_GE(passed, 150ms);
    EXPECT_LT(passed, 3s);
}

TEST(MongoPool, TheUriWinsOverTheSettings) {
    const Pool pool({.uri = "mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=100", .server_selection_timeout = 60s});
    const auto start = std::chrono::steady_clock::now();
    EXPECT_THROW(pool.ping(), platform::StoreUnavailable);
    EXPECT_LT(std::chrono::steady_clock::now() - start, 10s);
}

TEST(MongoPool, EveryCallIsUnavailableWithoutAServer) {
    const Pool pool({.uri = refusing_uri, .server_selection_timeout = 50ms});
    const auto collection = pool.collection("database", "collection");
    const auto document = bson::Builder().int32("_id", 1).take();
    EXPECT_THROW(static_cast<void>(collection.find_one(document)), platform::StoreUnavailable);
    auto cursor = collection.find(document);
    EXPECT_THROW(static_cast<void>(cursor.next()), platform::StoreUnavailable);
    // The end of a cursor must not be mistaken for the end of the data.
    EXPECT_THROW(static_cast<void>(cursor.next()), platform::StoreUnavailable);
    auto bulk = collection.bulk();
    bulk.insert(document);
    bulk.remove_one(document);
    EXPECT_THROW(static_cast<void>(bulk.execute()), platform::StoreUnavailable);
    EXPECT_THROW(static_cast<void>(collection.estimated_count()), platform::StoreUnavailable);
    EXPECT_THROW(collection.create_index(document), platform::StoreUnavailable);
    EXPECT_THROW(collection.drop(), platform::StoreUnavailable);
    EXPECT_THROW(static_cast<void>(pool.server_time_ms()), platform::StoreUnavailable);
}

TEST(MongoBulk, AnEmptyOneAsksNoServer) {
    const Pool pool({.uri = refusing_uri});
    auto bulk = pool.collection("database", "collection").bulk();
    EXPECT_EQ(bulk.size(), 0U);
    EXPECT_TRUE(bulk.execute().errors.empty());
}

}  // namespace
}  // namespace twinfleet::mongo
