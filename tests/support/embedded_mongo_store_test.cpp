// What the stand-in for MongoDB must have in common with a real server so that tests on it mean something.
#include <algorithm>
#include <string>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "platform/mongo/client.hpp"
#include "tests/support/embedded_mongo.hpp"

namespace twinfleet::testing {
namespace {

using bson::Builder;
using bson::Document;
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
        mongo::Bulk bulk = things_.bulk();
        for (int id = 0; id < documents; ++id) {
            bulk.replace_one(Builder().int32("_id", id).take(), of_version(id, version));
        }
        EXPECT_THAT(bulk.execute().errors, IsEmpty());
    };
    mongo::Bulk first = things_.bulk();
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
    mongo::Bulk bulk = things_.bulk();
    for (int id = 1; id <= 5; ++id) {
        bulk.insert(at(id, static_cast<std::uint32_t>(id) * 10));
    }
    bulk.insert(Builder().int32("_id", 6).take());
    EXPECT_THAT(bulk.execute().errors, IsEmpty());
    EXPECT_THAT(later_than(30), ElementsAre(3, 4, 5));
    mongo::Bulk changes = things_.bulk();
    changes.replace_one(Builder().int32("_id", 1).take(), at(1, 60));
    changes.replace_one(Builder().int32("_id", 4).take(), at(4, 5));
    changes.remove_one(Builder().int32("_id", 3).take());
    EXPECT_THAT(changes.execute().errors, IsEmpty());
    EXPECT_THAT(later_than(30), ElementsAre(5, 1));
    EXPECT_THAT(later_than(61), IsEmpty());
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
