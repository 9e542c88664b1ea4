// What the stand-in for MongoDB must have in common with a real server so that tests on it mean something.
#include <algorithm>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "platform/mongo/client.hpp"
#include "tests/support/embedded_mongo.hpp"

namespace twinfleet::testing {
namespace {

using bson::Builder;
using bson::Document;
using mongo::Bulk;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class EmbeddedMongoTest : public ::testing::TestWithParam<bool> {
protected:
    static std::filesystem::path file() {
        return std::filesystem::temp_directory_path() / ("embedded_mongo_test_" + std::to_string(::getpid()));
    }
    ~EmbeddedMongoTest() override {
        server_.stop();
        std::filesystem::remove(file());
    }

    EmbeddedMongo server_{GetParam() ? file() : std::filesystem::path()};
    const mongo::Pool pool_{{.uri = server_.uri()}};
    const mongo::Collection things_ = pool_.collection("database", "things");
};

/// All fields say which version it is, and there are fewer of them in odd ones.
Document of_version(int id, int version) {
    Builder builder;
    builder.int32("_id", id);
    const int fields = version % 2 == 0 ? 40 : 20;
    for (int field = 0; field < fields; ++field) {
        builder.int32("field_" + std::to_string(field), version);
    }
    return builder.take();
}

/// -1: of several.
int version_of(bson::View document) {
    const int version = static_cast<int>(document.find("field_0").value().integer().value());
    return std::ranges::equal(
               document.bytes(),
               of_version(static_cast<int>(document.find("_id").value().integer().value()), version).view().bytes())
               ? version
               : -1;
}

TEST_P(EmbeddedMongoTest, WhoeverReadsWhileOthersWriteGetsWholeDocuments) {
    constexpr int documents = 400;
    const auto write = [this](int version) {
        Bulk bulk = things_.bulk();
        for (int id = 0; id < documents; ++id) {
            bulk.replace_one(Builder().int32("_id", id).take(), of_version(id, version));
        }
        EXPECT_THAT(bulk.execute().errors, IsEmpty());
    };
    Bulk first = things_.bulk();
    for (int id = 0; id < documents; ++id) {
        first.insert(of_version(id, 0));
    }
    EXPECT_THAT(first.execute().errors, IsEmpty());
    const std::jthread writer([&write](const std::stop_token& stop) {
        for (int version = 1; !stop.stop_requested(); ++version) {
            write(version);
        }
    });
    for (int round = 0; round < 40; ++round) {
        int found = 0;
        // Most of them come in later answers of the cursor.
        auto cursor = things_.find(Document(), {.batch_size = 50, .batch_size_max = 50});
        while (const auto document = cursor.next()) {
            EXPECT_GE(version_of(*document), 0) << "a document of several versions";
            ++found;
        }
        EXPECT_EQ(found, documents);
    }
}

TEST_P(EmbeddedMongoTest, WhatIsLaterThanATimeIsFoundAfterTheTimesChanged) {
    things_.create_index(Builder()
                             .begin_document("key")
                             .int32("updated_ts", 1)
                             .int32("_id", 1)
                             .end()
                             .string("name", "updated_ts_1__id_1")
                             .boolean("unique", true)
                             .take());
    const auto at = [](int id, std::uint32_t seconds) {
        return Builder().int32("_id", id).timestamp("updated_ts", {.seconds = seconds, .increment = 1}).take();
    };
    const auto later_than = [this](std::uint32_t seconds) {
        const auto query = Builder().begin_document("updated_ts").timestamp("$gte", {.seconds = seconds}).end().take();
        std::vector<std::int64_t> ids;
        auto cursor = things_.find(query, {.sort = Builder().int32("updated_ts", 1).int32("_id", 1).take()});
        while (const auto document = cursor.next()) {
            ids.push_back(document->find("_id").value().integer().value());
        }
        return ids;
    };
    Bulk bulk = things_.bulk();
    for (int id = 1; id <= 5; ++id) {
        bulk.insert(at(id, static_cast<std::uint32_t>(id) * 10));
    }
    bulk.insert(Builder().int32("_id", 6).take());
    EXPECT_THAT(bulk.execute().errors, IsEmpty());
    EXPECT_THAT(later_than(30), ElementsAre(3, 4, 5));
    EXPECT_EQ(things_.find_one(Builder().timestamp("updated_ts", {.seconds = 40, .increment = 1}).take())
                  ->view()
                  .find("_id")
                  ->integer(),
              4);
    Bulk changes = things_.bulk();
    changes.replace_one(Builder().int32("_id", 1).take(), at(1, 60));
    changes.replace_one(Builder().int32("_id", 4).take(), at(4, 5));
    changes.remove_one(Builder().int32("_id", 3).take());
    EXPECT_THAT(changes.execute().errors, IsEmpty());
    EXPECT_THAT(later_than(30), ElementsAre(5, 1));
    EXPECT_THAT(later_than(61), IsEmpty());
}

bson::Timestamp time_in(bson::View document, std::string_view field) {
    return document.find(field).value().timestamp();
}

TEST_P(EmbeddedMongoTest, SetsEmptyTimestampsOfWhatIsInsertedOrReplaced) {
    const auto get = [this](const char* id) { return things_.find_one(Builder().string("_id", id).take()).value(); };
    const Document empty =
        bson::from_json(R"({"a": {"$timestamp": {"t": 0, "i": 0}}, "b": {"$timestamp": {"t": 0, "i": 1}},
        "nested": {"c": {"$timestamp": {"t": 0, "i": 0}}}, "list": [{"$timestamp": {"t": 0, "i": 0}}]})");
    const auto with_id = [&empty](const char* id) {
        Builder builder;
        builder.string("_id", id);
        for (const auto& element : empty.view()) {
            builder.copy(element);
        }
        return builder.take();
    };
    Bulk first = things_.bulk();
    first.insert(with_id("inserted"));
    first.insert(with_id("set"));
    first.insert(bson::from_json(R"({"_id": {"$timestamp": {"t": 0, "i": 0}}})"));
    EXPECT_THAT(first.execute().errors, IsEmpty());
    bson::Timestamp last = time_in(get("set"), "a");
    EXPECT_GT(last, time_in(get("inserted"), "a"));
    EXPECT_EQ(time_in(get("inserted"), "b"), (bson::Timestamp{.seconds = 0, .increment = 1}));
    EXPECT_EQ(time_in(get("inserted").view().find("nested")->document(), "c"), bson::Timestamp{});
    EXPECT_EQ(get("inserted").view().find("list")->document().begin()->timestamp(), bson::Timestamp{});
    EXPECT_TRUE(things_.find_one(bson::from_json(R"({"_id": {"$timestamp": {"t": 0, "i": 0}}})")));

    Bulk replacement = things_.bulk();
    replacement.replace_one(Builder().string("_id", "inserted").take(), with_id("inserted"));
    EXPECT_EQ(replacement.execute().matched, 1U);
    EXPECT_GT(time_in(get("inserted"), "a"), last);

    const auto update = [this](const char* id, std::string_view operators, bool upsert) {
        Bulk bulk = things_.bulk();
        bulk.update_one(Builder().string("_id", id).take(), bson::from_json(operators), upsert);
        EXPECT_THAT(bulk.execute().errors, IsEmpty());
    };
    // What operators set stays as it is asked for (SERVER-76926).
    update("set", R"({"$set": {"a": {"$timestamp": {"t": 0, "i": 0}}}})", false);
    EXPECT_EQ(time_in(get("set"), "a"), bson::Timestamp{});
    update("upserted", R"({"$setOnInsert": {"a": {"$timestamp": {"t": 0, "i": 0}}}})", true);
    EXPECT_EQ(time_in(get("upserted"), "a"), bson::Timestamp{});
}

TEST_P(EmbeddedMongoTest, EachTimeThatItSetsIsLater) {
    Bulk insertion = things_.bulk();
    insertion.insert(bson::from_json(R"({"_id": 1, "n": 0, "time": {"$timestamp": {"t": 0, "i": 0}}})"));
    EXPECT_THAT(insertion.execute().errors, IsEmpty());
    bson::Timestamp last = time_in(things_.find_one({}).value(), "time");
    EXPECT_GT(last.seconds, 0U);
    for (int i = 1; i <= 20; ++i) {
        Bulk bulk = things_.bulk();
        bulk.update_one(bson::from_json(R"({"_id": 1})"), Builder()
                                                              .begin_document("$set")
                                                              .int32("n", i)
                                                              .end()
                                                              .begin_document("$currentDate")
                                                              .boolean("date", true)
                                                              .begin_document("time")
                                                              .string("$type", "timestamp")
                                                              .end()
                                                              .end()
                                                              .take());
        EXPECT_THAT(bulk.execute().errors, IsEmpty());
        const Document found = things_.find_one({}).value();
        EXPECT_GT(time_in(found, "time"), last);
        EXPECT_EQ(found.view().find("n")->integer(), i);
        EXPECT_GT(found.view().find("date")->date_ms(), 0);
        last = time_in(found, "time");
    }
}

TEST_P(EmbeddedMongoTest, SetsValuesThatOnlyLookLikeTheOldOnes) {
    Bulk insertion = things_.bulk();
    insertion.insert(bson::from_json(R"({"_id": 1, "n": 1, "deep": {"p": 1, "q": [0.0]}})"));
    EXPECT_THAT(insertion.execute().errors, IsEmpty());
    const Document set =
        bson::from_json(R"({"n": {"$numberLong": "1"}, "deep": {"q": [{"$numberDouble": "-0.0"}], "p": 1}})");
    Bulk update = things_.bulk();
    update.update_one(bson::from_json(R"({"_id": 1})"), Builder().document("$set", set).take());
    EXPECT_THAT(update.execute().errors, IsEmpty());
    const Document found = things_.find_one({}).value();
    for (const auto& element : set.view()) {
        EXPECT_EQ(bson::to_extended_json(found.view().find(element.key).value()), bson::to_extended_json(element));
    }
}

TEST_P(EmbeddedMongoTest, FindsWhatIsOneOfMany) {
    Bulk insertion = things_.bulk();
    for (const char* document :
         {R"({"_id": "a", "park": "p1", "n": 1})", R"({"_id": "b", "park": "p2", "n": 1})",
          R"({"_id": "c", "park": ["p1", "x"], "n": 1})", R"({"_id": "d", "park": null, "n": 1})",
          R"({"_id": "e", "park": 5, "n": 1})", R"({"_id": "f", "park": "p1", "n": 2})",
          R"({"_id": 5, "park": "p3", "n": 2})", R"({"_id": "g", "n": 2})"}) {
        insertion.insert(bson::from_json(document));
    }
    EXPECT_THAT(insertion.execute().errors, IsEmpty());
    const auto ids = [this](const char* query) {
        std::vector<std::string> found;
        auto cursor = things_.find(bson::from_json(query), {});
        while (const auto document = cursor.next()) {
            const auto id = document->find("_id").value();
            found.push_back(id.is_string() ? std::string(id.string()) : bson::to_extended_json(id));
        }
        return found;
    };
    using ::testing::UnorderedElementsAre;
    EXPECT_THAT(ids(R"({"park": {"$in": ["p1", "p3", "nobody's"]}})"),
                UnorderedElementsAre("a", "c", "f", R"({"$numberInt":"5"})"));
    EXPECT_THAT(ids(R"({"park": {"$in": ["p1", "p3"]}, "n": 2})"), UnorderedElementsAre("f", R"({"$numberInt":"5"})"));
    EXPECT_THAT(ids(R"({"park": {"$in": ["p1", null]}})"), UnorderedElementsAre("a", "c", "d", "f", "g"));
    EXPECT_THAT(ids(R"({"_id": {"$in": ["b", "a", "b", "5", "none"]}})"), UnorderedElementsAre("a", "b"));
    EXPECT_THAT(ids(R"({"_id": {"$in": ["b", 5]}})"), UnorderedElementsAre("b", R"({"$numberInt":"5"})"));
    EXPECT_THAT(ids(R"({"_id": {"$in": ["a", "f"]}, "park": {"$in": ["p1"]}, "n": {"$gt": 1}})"),
                UnorderedElementsAre("f"));
}

TEST(OnlySimilarMongo, KeepsEmptyTimestamps) {
    const EmbeddedMongo server({}, MongoLikeness::only_similar);
    const mongo::Pool pool({.uri = server.uri()});
    const mongo::Collection things = pool.collection("database", "things");
    Bulk insertion = things.bulk();
    insertion.insert(bson::from_json(R"({"_id": 1, "time": {"$timestamp": {"t": 0, "i": 0}}})"));
    EXPECT_THAT(insertion.execute().errors, IsEmpty());
    EXPECT_EQ(time_in(things.find_one({}).value(), "time"), bson::Timestamp{});
}

TEST_P(EmbeddedMongoTest, FindsDocumentsByMembersOfTheirLists) {
    things_.create_index(Builder()
                             .begin_document("key")
                             .int32("people.name", 1)
                             .int32("_id", 1)
                             .end()
                             .string("name", "people_name")
                             .boolean("unique", true)
                             .take());
    const auto with_people = [](int id, const std::vector<std::string>& names) {
        Builder document;
        document.int32("_id", id).begin_array("people");
        for (std::size_t i = 0; i < names.size(); ++i) {
            document.begin_document(std::to_string(i)).string("name", names[i]).end();
        }
        return document.end().take();
    };
    const auto ids_with = [this](const std::vector<std::string_view>& names) {
        const auto query = Builder().begin_document("people.name").array("$in", bson::string_array(names)).end().take();
        std::vector<std::int64_t> ids;
        auto cursor = things_.find(query);
        while (const auto document = cursor.next()) {
            ids.push_back(document->find("_id").value().integer().value());
        }
        std::sort(ids.begin(), ids.end());
        return ids;
    };
    mongo::Bulk bulk = things_.bulk();
    bulk.insert(with_people(1, {"a", "b"}));
    bulk.insert(with_people(2, {"b", "c", "b"}));
    bulk.insert(with_people(3, {}));
    bulk.insert(bson::from_json(R"({"_id": 4, "people": "none"})"));
    bulk.insert(bson::from_json(R"({"_id": 5, "people": ["a", {"name": 5}, {"name": "d"}]})"));
    EXPECT_THAT(bulk.execute().errors, IsEmpty());
    EXPECT_THAT(ids_with({"x", "b"}), ElementsAre(1, 2));
    EXPECT_THAT(ids_with({"c", "d", "a"}), ElementsAre(1, 2, 5));

    mongo::Bulk changes = things_.bulk();
    changes.replace_one(Builder().int32("_id", 1).take(), with_people(1, {"c"}));
    changes.update_one(Builder().int32("_id", 3).take(),
                       bson::from_json(R"({"$addToSet": {"people": {"$each": [{"name": "e"}]}}})"));
    changes.update_one(Builder().int32("_id", 2).take(), bson::from_json(R"({"$set": {"people": []}})"));
    EXPECT_THAT(changes.execute().errors, IsEmpty());
    EXPECT_THAT(ids_with({"a", "b"}), IsEmpty());
    EXPECT_THAT(ids_with({"c", "e"}), ElementsAre(1, 3));

    mongo::Bulk removals = things_.bulk();
    for (int id = 1; id <= 5; ++id) {
        removals.remove_one(Builder().int32("_id", id).take());
    }
    EXPECT_EQ(removals.execute().removed, 5U);
    EXPECT_THAT(ids_with({"c", "d", "e"}), IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(Stores, EmbeddedMongoTest, ::testing::Values(false, true),
                         [](const auto& in_file) { return in_file.param ? "InAFile" : "InMemory"; });

}  // namespace
}  // namespace twinfleet::testing
