#pragma once

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "capabilities/mirroring/entities/entity_table.hpp"
#include "capabilities/mirroring/stores/entity_store.hpp"
#include "capabilities/mirroring/stores/unique_driver_store.hpp"
#include "platform/bson/builder.hpp"

/// What EntityStore and UniqueDriverStore promise, as tests for whatever implements them. Include it in one file of a
/// test program and say INSTANTIATE_TEST_SUITE_P(Fake, EntityStoreContract, testing::Values(factory)), and the same for
/// UniqueDriverStoreContract.
namespace twinfleet::mirroring::testing {

/// One entity's store over an empty collection, with the entity's indexes.
class EntityStoreUnderTest {
public:
    EntityStoreUnderTest() = default;
    EntityStoreUnderTest(const EntityStoreUnderTest&) = delete;
    EntityStoreUnderTest& operator=(const EntityStoreUnderTest&) = delete;
    virtual ~EntityStoreUnderTest() = default;

    [[nodiscard]] virtual EntityStore& store() = 0;
    /// Behind the store's back: inserts exactly this document, or replaces the one of its `_id`.
    virtual void put_as_is(const bson::Document& document) = 0;
};

using MakeEntityStore = std::function<std::unique_ptr<EntityStoreUnderTest>(const Entity& entity)>;

class EntityStoreContract : public ::testing::TestWithParam<MakeEntityStore> {
protected:
    using Outcomes = std::vector<WriteOutcome>;

    EntityStore& store() { return under_test_->store(); }
    /// Everything from here on is about another entity.
    void use(std::string_view name) { under_test_ = GetParam()(entity(name)); }
    void put(std::string_view json) { under_test_->put_as_is(bson::from_json(json)); }
    void put(const bson::Document& document) { under_test_->put_as_is(document); }
    std::optional<bson::Document> find(const std::string& id) {
        const std::vector ids{id};
        const DocumentBatch batch = store().fetch(ids);
        return batch.empty() ? std::nullopt : std::optional(bson::Document(batch[0]));
    }
    static bson::Document without_updated_ts(bson::View document) {
        bson::Builder builder;
        for (const bson::Element& element : document) {
            if (element.key != "updated_ts") {
                builder.copy(element);
            }
        }
        return builder.take();
    }
    std::string content(const std::string& id) {
        const auto document = find(id);
        return document ? bson::to_extended_json(without_updated_ts(*document)) : "nothing";
    }
    static std::string json(std::string_view text) { return bson::to_extended_json(bson::from_json(text)); }
    /// The fields of a document by name: `$set` of new fields may put them anywhere.
    static std::map<std::string, std::string> fields(bson::View document) {
        std::map<std::string, std::string> fields;
        for (const bson::Element& element : document) {
            if (element.key != "updated_ts") {
                fields[std::string(element.key)] = bson::to_extended_json(element);
            }
        }
        return fields;
    }
    static std::map<std::string, std::string> fields(std::string_view text) {
        return fields(bson::from_json(text).view());
    }
    ChildVersion version_of(const std::string& id) {
        const auto document = find(id);
        const auto updated = document ? document->view().find("updated_ts") : std::nullopt;
        return updated ? ChildVersion{{updated->whole.begin(), updated->whole.end()}} : ChildVersion{};
    }
    static ChildInsert child(const std::string& id, std::string_view json_fields = "") {
        const std::string separator = json_fields.empty() ? "" : ", ";
        return {.document = bson::from_json("{\"_id\": \"" + id + "\"" + separator + std::string(json_fields) + "}"),
                .id = domain::ChildId(id)};
    }
    Outcomes insert(const ChildInsert& one) { return store().insert({&one, 1}); }
    Outcomes update(const ChildUpdate& one) { return store().update({&one, 1}); }
    static std::vector<std::string> ids_of(DocumentStream& stream) {
        std::vector<std::string> ids;
        DocumentBatch batch;
        while (stream.next(batch)) {
            EXPECT_FALSE(batch.empty());
            for (std::size_t i = 0; i < batch.size(); ++i) {
                const auto id = batch[i].find("_id");
                ids.push_back(id->is_string() ? std::string(id->string()) : bson::to_extended_json(*id));
            }
        }
        return ids;
    }
    static std::set<std::string> set_of_ids(DocumentStream& stream) {
        const auto ids = ids_of(stream);
        std::set<std::string> distinct(ids.begin(), ids.end());
        EXPECT_EQ(distinct.size(), ids.size()) << "a document came twice";
        return distinct;
    }
    static Scope parks(const std::vector<std::string>& ids) {
        Scope scope;
        for (const std::string& id : ids) {
            scope.parks.emplace_back(id);
        }
        return scope;
    }

private:
    std::unique_ptr<EntityStoreUnderTest> under_test_ = GetParam()(entity("cars"));
};

/// One value of every BSON type that the embedded server keeps as it is (it loses the subtype of user-defined
/// binaries), as a document with these first fields.
[[nodiscard]] inline bson::Document document_of_every_type(std::string_view id) {
    bson::Document values = bson::from_json(R"({
        "double": {"$numberDouble": "-0.0"}, "nan": {"$numberDouble": "NaN"}, "text": "Ижевск 🚕", "empty": "",
        "document": {"z": 1, "a": {"deep": [{"er": null}]}}, "array": [1, "two", [3], {}], "nothing": {}, "none": [],
        "binary": {"$binary": {"base64": "AAECAw==", "subType": "00"}},
        
        "object_id": {"$oid": "507f1f77bcf86cd799439011"}, "true": true, "false": false,
        "date": {"$date": {"$numberLong": "-1"}}, "null": null, "regex": {"$regularExpression": {"pattern": "^a", "options": "i"}},
        "code": {"$code": "return 1;"}, "int32": {"$numberInt": "-2147483648"}, "int64": {"$numberLong": "9223372036854775807"},
        "small_int64": {"$numberLong": "1"}, "one": {"$numberDouble": "1.0"}, "timestamp": {"$timestamp": {"t": 7, "i": 9}},
        "decimal": {"$numberDecimal": "1.10"}, "min_key": {"$minKey": 1}, "max_key": {
    "$maxKey" : 1
}
})");
    bson::Builder builder;
    builder.string("_id", id).string("park_id", "park");
    for (const bson::Element& element : values.view()) {
        builder.copy(element);
    }
    return builder.take();
}

TEST_P(EntityStoreContract, ReadsEveryDocumentWhateverItsId) {
    put(R"({"_id": "a", "park_id": "p"})");
    put(R"({"_id": 5, "park_id": "p"})");
    put(R"({"_id": {"$oid": "507f1f77bcf86cd799439011"}, "updated_ts": {"$timestamp": {"t": 5, "i": 1}}})");
    put(R"({"_id": {"a": 1}, "updated_ts": 7})");
    EXPECT_EQ(set_of_ids(*store().all({}, {})),
              (std::set<std::string>{"a", R"({"$numberInt":"5"})", R"({"$oid":"507f1f77bcf86cd799439011"})",
                                     json(R"({"a": 1})")}));
}

TEST_P(EntityStoreContract, ReadsThoseWhoseParkIsNoId) {
    put(R"({"_id": "in a park", "park_id": "p"})");
    put(R"({"_id": "long", "park_id": ")" + std::string(1024, 'p') + R"("})");
    put(R"({"_id": "too long", "park_id": ")" + std::string(1025, 'p') + R"("})");
    put(R"({"_id": "empty", "park_id": ""})");
    put(R"({"_id": "NUL", "park_id": "p\u0000"})");
    put(R"({"_id": "missing"})");
    put(R"({"_id": "null", "park_id": null})");
    put(R"({"_id": "int", "park_id": 7})");
    put(R"({"_id": "int64", "park_id": {"$numberLong": "7"}})");
    put(R"({"_id": "double", "park_id": 7.5})");
    put(R"({"_id": "bool", "park_id": true})");
    put(R"({"_id": "date", "park_id": {"$date": {"$numberLong": "1"}}})");
    put(R"({"_id": "timestamp", "park_id": {"$timestamp": {"t": 1, "i": 1}}})");
    put(R"({"_id": "object id", "park_id": {"$oid": "507f1f77bcf86cd799439011"}})");
    put(R"({"_id": "binary", "park_id": {"$binary": {"base64": "AQ==", "subType": "00"}}})");
    put(R"({"_id": "document", "park_id": {"a": 1}})");
    put(R"({"_id": "array", "park_id": [1]})");
    put(R"({"_id": "mixed array", "park_id": ["p", 1]})");
    put(R"({"_id": "empty array", "park_id": []})");
    put(R"({"_id": "array of texts", "park_id": ["p", "q"]})");
    Scope scope;
    scope.is_without_park = true;
    EXPECT_EQ(
        set_of_ids(*store().all(scope, {})),
        (std::set<std::string>{"too long", "empty", "NUL", "missing", "null", "int", "int64", "double", "bool", "date",
                               "timestamp", "object id", "binary", "document", "array", "mixed array", "empty array"}));
    // Those are in the parks that they name, so nobody misses them.
    EXPECT_EQ(set_of_ids(*store().all({.parks = {domain::ParentParkId("p")}}, {})),
              (std::set<std::string>{"in a park", "mixed array", "array of texts"}));
}

TEST_P(EntityStoreContract, ReadsDocumentsBitForBit) {
    const bson::Document document = document_of_every_type("every type");
    put(document);
    const auto stream = store().all({}, {});
    DocumentBatch batch;
    ASSERT_TRUE(stream->next(batch));
    EXPECT_EQ(bson::Document(batch[0]), document);
    EXPECT_EQ(find("every type"), document);
}

TEST_P(EntityStoreContract, AnEmptyCollectionHasNothing) {
    DocumentBatch batch;
    batch.add(bson::Document());
    EXPECT_FALSE(store().all({}, {})->next(batch));
    EXPECT_TRUE(batch.empty());
    EXPECT_FALSE(store().changed_since({}, {}, {})->next(batch));
    const std::vector<std::string> ids{"a"};
    EXPECT_TRUE(store().fetch(ids).empty());
    EXPECT_TRUE(store().presence(ids).empty());
}

TEST_P(EntityStoreContract, BatchesKeepToTheirLimits) {
    for (int i = 0; i < 25; ++i) {
        put("{\"_id\": \"" + std::to_string(i) + "\", \"park_id\": \"p\"}");
    }
    const auto stream = store().all({}, {.documents_max = 10});
    std::size_t documents = 0;
    DocumentBatch batch;
    while (stream->next(batch)) {
        EXPECT_LE(batch.size(), 10U);
        documents += batch.size();
    }
    EXPECT_EQ(documents, 25U);
    EXPECT_TRUE(batch.empty());
    EXPECT_FALSE(stream->next(batch));
}

TEST_P(EntityStoreContract, ABatchEndsWhenItIsHeavyAndALargeDocumentIsItsOwn) {
    const std::string text(1000, 'x');
    for (int i = 0; i < 9; ++i) {
        put("{\"_id\": \"" + std::to_string(i) + "\", \"text\": \"" + text + "\"}");
    }
    put("{\"_id\": \"large\", \"text\": \"" + std::string(10'000, 'x') + "\"}");
    const auto stream = store().all({}, {.documents_max = 1000, .bytes_max = 4'000});
    std::size_t documents = 0;
    DocumentBatch batch;
    while (stream->next(batch)) {
        // It may hold the document that filled it.
        EXPECT_TRUE(batch.size() == 1 || batch.size_bytes() < 4'000 + 11'000) << batch.size_bytes();
        EXPECT_LE(batch.size(), 5U);
        documents += batch.size();
    }
    EXPECT_EQ(documents, 10U);
}

TEST_P(EntityStoreContract, ReadsOnlyTheParksAskedFor) {
    put(R"({"_id": "a", "park_id": "p"})");
    put(R"({"_id": "b", "park_id": "q"})");
    put(R"({"_id": "c", "park_id": "r", "updated_ts": {"$timestamp": {"t": 5, "i": 1}}})");
    put(R"({"_id": "d", "park_id": "q", "updated_ts": {"$timestamp": {"t": 5, "i": 2}}})");
    put(R"({"_id": "e"})");
    EXPECT_EQ(set_of_ids(*store().all(parks({"p", "q"}), {})), (std::set<std::string>{"a", "b", "d"}));
    EXPECT_EQ(set_of_ids(*store().changed_since({}, parks({"p", "q"}), {})), (std::set<std::string>{"d"}));
    use("parks");
    put(R"({"_id": "p", "login": "one"})");
    put(R"({"_id": "q", "login": "two"})");
    EXPECT_EQ(set_of_ids(*store().all(parks({"q", "nowhere"}), {})), (std::set<std::string>{"q"}));
}

TEST_P(EntityStoreContract, ReadsWhatChangedBehindTheCursorOfEachType) {
    put(R"({"_id": "t1", "updated_ts": {"$timestamp": {"t": 100, "i": 1}}})");
    put(R"({"_id": "t3", "updated_ts": {"$timestamp": {"t": 101, "i": 0}}})");
    put(R"({"_id": "t2", "updated_ts": {"$timestamp": {"t": 100, "i": 2}}})");
    put(R"({"_id": "d1", "updated_ts": {"$date": {"$numberLong": "100000"}}})");
    put(R"({"_id": "d2", "updated_ts": {"$date": {"$numberLong": "100001"}}})");
    put(R"({"_id": "old", "updated_ts": {"$date": {"$numberLong": "-5"}}})");
    put(R"({"_id": "none"})");
    put(R"({"_id": "null", "updated_ts": null})");
    put(R"({"_id": "text", "updated_ts": "2026-01-01"})");
    put(R"({"_id": "number", "updated_ts": 5})");
    EXPECT_EQ(set_of_ids(*store().changed_since({}, {}, {})),
              (std::set<std::string>{"t1", "t2", "t3", "d1", "d2", "old"}));
    const auto since = [&](std::optional<bson::Timestamp> timestamp, std::optional<std::int64_t> date_ms) {
        return set_of_ids(*store().changed_since({timestamp, date_ms}, {}, {}));
    };
    EXPECT_EQ(since(bson::Timestamp{100, 1}, 100'000), (std::set<std::string>{"t2", "t3", "d2"}));
    EXPECT_EQ(since(bson::Timestamp{101, 0}, std::nullopt), (std::set<std::string>{"d1", "d2", "old"}));
    EXPECT_EQ(since(std::nullopt, 100'001), (std::set<std::string>{"t1", "t2", "t3"}));
    EXPECT_TRUE(since(bson::Timestamp{101, 0}, 100'001).empty());
}

TEST_P(EntityStoreContract, ReadsWhatChangedOldestFirstWithinAType) {
    // Around 2^31 seconds, where a signed comparison would turn the order over.
    const std::vector<bson::Timestamp> times{
        {5, 7}, {5, 8}, {2'147'483'647, 1}, {2'147'483'648, 1}, {4'294'967'295, 4'294'967'295}};
    for (const std::size_t i : {std::size_t{3}, std::size_t{0}, std::size_t{4}, std::size_t{1}, std::size_t{2}}) {
        bson::Builder builder;
        builder.string("_id", "t" + std::to_string(i)).timestamp("updated_ts", times[i]);
        put(builder.take());
    }
    put(R"({"_id": "d1", "updated_ts": {"$date": {"$numberLong": "9"}}})");
    put(R"({"_id": "d0", "updated_ts": {"$date": {"$numberLong": "-9"}}})");
    std::vector<std::string> timestamps;
    std::vector<std::string> dates;
    for (const std::string& id : ids_of(*store().changed_since({}, {}, {.documents_max = 2}))) {
        (id.starts_with('t') ? timestamps : dates).push_back(id);
    }
    EXPECT_EQ(timestamps, (std::vector<std::string>{"t0", "t1", "t2", "t3", "t4"}));
    EXPECT_EQ(dates, (std::vector<std::string>{"d0", "d1"}));
}

TEST_P(EntityStoreContract, TiesOfTheCursorCrossBatchesWithoutLoss) {
    for (int i = 0; i < 30; ++i) {
        put("{\"_id\": \"" + std::to_string(i) + "\", \"updated_ts\": {\"$timestamp\": {\"t\": 5, \"i\": 0}}}");
    }
    EXPECT_EQ(set_of_ids(*store().changed_since({}, {}, {.documents_max = 7})).size(), 30U);
}

TEST_P(EntityStoreContract, FetchesThoseThatExist) {
    put(R"({"_id": "a", "x": 1})");
    put(R"({"_id": "b", "x": 2})");
    put(R"({"_id": 1})");
    const std::vector<std::string> ids{"b", "nobody", "1", "b"};
    const DocumentBatch batch = store().fetch(ids);
    ASSERT_EQ(batch.size(), 1U);
    EXPECT_EQ(batch[0].find("_id")->string(), "b");
    EXPECT_TRUE(store().fetch({}).empty());
}

TEST_P(EntityStoreContract, FetchesMoreThanFitIntoOneQuestion) {
    std::vector<std::string> ids;
    for (int i = 0; i < 2'500; ++i) {
        ids.push_back("car" + std::to_string(i));
        if (i % 2 == 0) {
            insert(child(ids.back(), R"("park_id": "p")"));
        }
    }
    EXPECT_EQ(store().fetch(ids).size(), 1'250U);
    EXPECT_EQ(store().presence(ids).size(), 1'250U);
}

TEST_P(EntityStoreContract, FetchesByIdsThatNeedNotBeStrings) {
    put(R"({"_id": "text", "n": 0})");
    put(R"({"_id": 5, "n": 1})");
    put(R"({"_id": {"$oid": "507f1f77bcf86cd799439011"}, "n": 2})");
    put(R"({"_id": {"k": "v"}, "n": 3})");
    put(R"({"_id": true, "n": 4})");
    put(R"({"_id": "{not json", "n": 5})");
    const std::vector<std::string> ids{"text",
                                       R"({"$numberInt":"5"})",
                                       R"({"$oid":"507f1f77bcf86cd799439011"})",
                                       json(R"({"k": "v"})"),
                                       R"({"$numberInt":"6"})",
                                       "{not json"};
    std::set<std::int64_t> found;
    const DocumentBatch batch = store().fetch_quarantined(ids);
    for (std::size_t i = 0; i < batch.size(); ++i) {
        found.insert(batch[i].find("n")->integer().value());
    }
    EXPECT_EQ(found, (std::set<std::int64_t>{0, 1, 2, 3, 5}));
    EXPECT_EQ(batch.size(), 5U);
}

TEST_P(EntityStoreContract, TellsPresenceAndPark) {
    put(R"({"_id": "a", "park_id": "p"})");
    put(R"({"_id": "b", "park_id": 5})");
    put(R"({"_id": "c"})");
    const std::vector<std::string> ids{"a", "b", "c", "d"};
    std::map<std::string, std::string> present;
    for (const auto& [id, park_id] : store().presence(ids)) {
        present[id] = park_id;
    }
    EXPECT_EQ(present, (std::map<std::string, std::string>{{"a", "p"}, {"b", ""}, {"c", ""}}));
    use("parks");
    put(R"({"_id": "p", "login": "l"})");
    const std::vector<std::string> parks{"p"};
    const auto found = store().presence(parks);
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].park_id, "p");
}

TEST_P(EntityStoreContract, InsertsBitForBitAndSetsTheTime) {
    const bson::Document document = document_of_every_type("copy");
    const ChildInsert insertion{.document = document, .id = domain::ChildId("copy")};
    const std::int64_t before = store().server_time_ms();
    EXPECT_EQ(insert(insertion), Outcomes{WriteOutcome::written});
    const auto stored = find("copy");
    ASSERT_TRUE(stored.has_value());
    EXPECT_EQ(bson::to_extended_json(without_updated_ts(*stored)), bson::to_extended_json(document));
    EXPECT_EQ(without_updated_ts(*stored), document);
    const auto updated = stored->view().find("updated_ts");
    ASSERT_TRUE(updated.has_value());
    ASSERT_EQ(updated->type, bson::Type::timestamp);
    EXPECT_GE(updated->timestamp().seconds, before / 1000);
    EXPECT_LE(updated->timestamp().seconds, store().server_time_ms() / 1000 + 1);
}

TEST_P(EntityStoreContract, InsertLeavesAnExistingDocumentAlone) {
    put(R"({"_id": "a", "x": 1})");
    const std::vector children{child("b", "\"x\": 2"), child("a", "\"x\": 2"), child("c", "\"x\": 2")};
    EXPECT_EQ(store().insert(children), (Outcomes{WriteOutcome::written, WriteOutcome::exists, WriteOutcome::written}));
    EXPECT_EQ(content("a"), json(R"({"_id": "a", "x": 1})"));
    EXPECT_EQ(store().insert(children), (Outcomes{WriteOutcome::exists, WriteOutcome::exists, WriteOutcome::exists}));
}

TEST_P(EntityStoreContract, WhoeverInsertsAgainSetsTheTimeThatWasLeftEmpty) {
    put(R"({"_id": "a", "x": 1, "updated_ts": {"$timestamp": {"t": 0, "i": 0}}})");
    EXPECT_EQ(insert(child("a", R"("x": 2)")), Outcomes{WriteOutcome::exists});
    EXPECT_EQ(content("a"), json(R"({"_id": "a", "x": 1})"));
    EXPECT_GT(find("a")->view().find("updated_ts")->timestamp(), bson::Timestamp{});
}

TEST_P(EntityStoreContract, FindsWhatHasAnEmptyTimeAndSetsNothingElseInIt) {
    put(R"({"_id": "a", "x": 1, "updated_ts": {"$timestamp": {"t": 0, "i": 0}}})");
    put(R"({"_id": "b", "x": 1, "updated_ts": {"$timestamp": {"t": 0, "i": 1}}})");
    put(R"({"_id": "c", "x": 1, "updated_ts": {"$date": {"$numberLong": "0"}}})");
    put(R"({"_id": "d", "x": 1})");
    EXPECT_EQ(ids_of(*store().with_empty_time({})), std::vector<std::string>{"a"});
    const ChildUpdate touch{
        .id = domain::ChildId("a"), .version = version_of("a"), .set = {}, .unset = {}, .replacement = std::nullopt};
    EXPECT_EQ(update(touch), Outcomes{WriteOutcome::written});
    EXPECT_EQ(content("a"), json(R"({"_id": "a", "x": 1})"));
    EXPECT_GT(find("a")->view().find("updated_ts")->timestamp(), bson::Timestamp{});
    EXPECT_TRUE(ids_of(*store().with_empty_time({})).empty());
    EXPECT_EQ(update(touch), Outcomes{WriteOutcome::moved_on});
}

TEST_P(EntityStoreContract, InsertsDocumentsWhoseFieldNamesCannotBeAddressed) {
    const bson::Document document =
        bson::from_json(R"({"_id": "a", "b.c": 1, "d": {"e.f": 2, "$g": 3}, "b": {"c": 4}})");
    EXPECT_EQ(insert({.document = document, .id = domain::ChildId("a")}), Outcomes{WriteOutcome::written});
    EXPECT_EQ(content("a"), bson::to_extended_json(document));
}

TEST_P(EntityStoreContract, UpdatesSetAndRemoveWholeFields) {
    put(R"({"_id": "a", "keep": {"$numberLong": "1"}, "license": {"number": "1", "country": "RU"}, "old": 1, "gone": [1],
            "updated_ts": {"$timestamp": {"t": 5, "i": 1}}})");
    const ChildUpdate change{.id = domain::ChildId("a"),
                             .version = version_of("a"),
                             .set = bson::from_json(R"({"license": {"number": "2"}, "new": [{"x": 1}], "old": null})"),
                             .unset = {"gone", "never there"},
                             .replacement = std::nullopt};
    const std::int64_t before = store().server_time_ms();
    EXPECT_EQ(update(change), Outcomes{WriteOutcome::written});
    const auto stored = find("a");
    ASSERT_TRUE(stored.has_value());
    EXPECT_EQ(
        fields(stored->view()),
        fields(
            R"({"_id": "a", "keep": {"$numberLong": "1"}, "license": {"number": "2"}, "old": null, "new": [{"x": 1}]})"));
    EXPECT_GE(stored->view().find("updated_ts")->timestamp().seconds, before / 1000);
}

TEST_P(EntityStoreContract, AnUpdateThatOnlyRemovesIsAnUpdate) {
    put(R"({"_id": "a", "x": 1, "updated_ts": {"$timestamp": {"t": 5, "i": 1}}})");
    const ChildUpdate change{
        .id = domain::ChildId("a"), .version = version_of("a"), .set = {}, .unset = {"x"}, .replacement = std::nullopt};
    EXPECT_EQ(update(change), Outcomes{WriteOutcome::written});
    EXPECT_EQ(content("a"), json(R"({"_id": "a"})"));
}

TEST_P(EntityStoreContract, AnUpdateChangesTheTypeOfAFieldToo) {
    put(R"({"_id": "a", "x": {"$numberInt": "1"}, "y": {"$numberDouble": "0.0"}, "updated_ts": {"$timestamp": {"t": 5, "i": 1}}})");
    const ChildUpdate change{.id = domain::ChildId("a"),
                             .version = version_of("a"),
                             .set = bson::from_json(R"({"x": {"$numberLong": "1"}, "y": {"$numberDouble": "-0.0"}})"),
                             .unset = {},
                             .replacement = std::nullopt};
    EXPECT_EQ(update(change), Outcomes{WriteOutcome::written});
    EXPECT_EQ(fields(find("a")->view()),
              fields(R"({"_id": "a", "x": {"$numberLong": "1"}, "y": {"$numberDouble": "-0.0"}})"));
}

TEST_P(EntityStoreContract, AnUpdateOfAnotherVersionIsNotWritten) {
    put(R"({"_id": "a", "x": 1, "updated_ts": {"$timestamp": {"t": 5, "i": 1}}})");
    put(R"({"_id": "b", "x": 1, "updated_ts": {"$timestamp": {"t": 5, "i": 1}}})");
    const auto change_of = [&](const char* id) {
        return ChildUpdate{.id = domain::ChildId(id),
                           .version = version_of(id),
                           .set = bson::from_json(R"({"x": 2})"),
                           .unset = {},
                           .replacement = std::nullopt};
    };
    const std::vector changes{change_of("a"), change_of("b")};
    put(R"({"_id": "a", "x": 3, "updated_ts": {"$timestamp": {"t": 5, "i": 2}}})");
    EXPECT_EQ(store().update(changes), (Outcomes{WriteOutcome::moved_on, WriteOutcome::written}));
    EXPECT_EQ(content("a"), json(R"({"_id": "a", "x": 3})"));
    EXPECT_EQ(content("b"), json(R"({"_id": "b", "x": 2})"));
}

TEST_P(EntityStoreContract, TheSameUpdateAgainIsOfAnotherVersion) {
    put(R"({"_id": "a", "x": 1, "updated_ts": {"$timestamp": {"t": 5, "i": 1}}})");
    const ChildUpdate change{.id = domain::ChildId("a"),
                             .version = version_of("a"),
                             .set = bson::from_json(R"({"x": 2})"),
                             .unset = {},
                             .replacement = std::nullopt};
    EXPECT_EQ(update(change), Outcomes{WriteOutcome::written});
    EXPECT_EQ(update(change), Outcomes{WriteOutcome::moved_on});
}

TEST_P(EntityStoreContract, AVersionMayBeAbsentOrOfAnotherType) {
    put(R"({"_id": "none", "x": 1})");
    put(R"({"_id": "date", "x": 1, "updated_ts": {"$date": {"$numberLong": "5"}}})");
    put(R"({"_id": "null", "x": 1, "updated_ts": null})");
    for (const char* id : {"none", "date", "null"}) {
        const ChildUpdate change{.id = domain::ChildId(id),
                                 .version = version_of(id),
                                 .set = bson::from_json(R"({"x": 2})"),
                                 .unset = {},
                                 .replacement = std::nullopt};
        EXPECT_EQ(update(change), Outcomes{WriteOutcome::written}) << id;
        EXPECT_EQ(find(id)->view().find("updated_ts")->type, bson::Type::timestamp) << id;
    }
    put(R"({"_id": "now has one", "x": 1, "updated_ts": {"$timestamp": {"t": 5, "i": 1}}})");
    const ChildUpdate without{.id = domain::ChildId("now has one"),
                              .version = {},
                              .set = bson::from_json(R"({"x": 2})"),
                              .unset = {},
                              .replacement = std::nullopt};
    EXPECT_EQ(update(without), Outcomes{WriteOutcome::moved_on});
    EXPECT_EQ(content("now has one"), json(R"({"_id": "now has one", "x": 1})"));
}

TEST_P(EntityStoreContract, AnUpdateOfWhatIsGoneMakesNothing) {
    const ChildUpdate change{.id = domain::ChildId("gone"),
                             .version = {},
                             .set = bson::from_json(R"({"x": 2})"),
                             .unset = {},
                             .replacement = std::nullopt};
    EXPECT_EQ(update(change), Outcomes{WriteOutcome::moved_on});
    EXPECT_EQ(find("gone"), std::nullopt);
}

TEST_P(EntityStoreContract, ReplacesDocumentsWhoseFieldNamesCannotBeAddressed) {
    put(R"({"_id": "a", "b": {"c.d": 0}, "gone": {"x.y": 1}, "updated_ts": {"$timestamp": {"t": 5, "i": 1}}})");
    const bson::Document whole = bson::from_json(R"({"_id": "a", "b": {"c.d": 2}, "e": {"f.g": 4}})");
    const ChildUpdate change{.id = domain::ChildId("a"),
                             .version = version_of("a"),
                             .set = bson::from_json(R"({"b": {"c.d": 2}, "e": {"f.g": 4}})"),
                             .unset = {"gone"},
                             .replacement = whole};
    EXPECT_EQ(update(change), Outcomes{WriteOutcome::written});
    EXPECT_EQ(fields(find("a")->view()), fields(whole.view()));
    EXPECT_EQ(find("a")->view().find("updated_ts")->type, bson::Type::timestamp);
    EXPECT_EQ(update(change), Outcomes{WriteOutcome::moved_on});
}

TEST_P(EntityStoreContract, AReplacementThatTheServerDoesNotKeepIsRefused) {
    put(R"({"_id": "a", "b": {"c": 0}, "b.c": 1, "gone.too": 1, "updated_ts": {"$timestamp": {"t": 5, "i": 1}}})");
    const bson::Document whole = bson::from_json(R"({"_id": "a", "b": {"c": 0}, "b.c": 2, "$d": 3})");
    const ChildUpdate change{.id = domain::ChildId("a"),
                             .version = version_of("a"),
                             .set = bson::from_json(R"({"b.c": 2, "$d": 3})"),
                             .unset = {"gone.too"},
                             .replacement = whole};
    // Servers before MongoDB 5.0 do not take such names everywhere.
    if (update(change) == Outcomes{WriteOutcome::written}) {
        EXPECT_EQ(fields(find("a")->view()), fields(whole.view()));
    } else {
        EXPECT_EQ(update(change), Outcomes{WriteOutcome::refused});
    }
}

TEST_P(EntityStoreContract, EveryWriteSetsALaterOrEqualTime) {
    put(R"({"_id": "a", "x": 1})");
    bson::Timestamp last;
    for (int i = 0; i < 5; ++i) {
        bson::Builder set;
        set.int32("x", i);
        const ChildUpdate change{.id = domain::ChildId("a"),
                                 .version = version_of("a"),
                                 .set = set.take(),
                                 .unset = {},
                                 .replacement = std::nullopt};
        ASSERT_EQ(update(change), Outcomes{WriteOutcome::written});
        const bson::Timestamp now = find("a")->view().find("updated_ts")->timestamp();
        EXPECT_GE(now, last);
        last = now;
    }
}

TEST_P(EntityStoreContract, SaysWhichLoginIsTaken) {
    use("parks");
    put(R"({"_id": "p", "login": "city", "updated_ts": {"$timestamp": {"t": 5, "i": 1}}})");
    put(R"({"_id": "q", "login": "other", "updated_ts": {"$timestamp": {"t": 5, "i": 1}}})");
    const std::vector children{child("a", R"("login": "free")"), child("b", R"("login": "city")"),
                               child("c", R"("login": "free too")")};
    EXPECT_EQ(store().insert(children),
              (Outcomes{WriteOutcome::written, WriteOutcome::login_taken, WriteOutcome::written}));
    EXPECT_EQ(find("b"), std::nullopt);
    const ChildUpdate change{.id = domain::ChildId("q"),
                             .version = version_of("q"),
                             .set = bson::from_json(R"({"login": "city"})"),
                             .unset = {},
                             .replacement = std::nullopt};
    EXPECT_EQ(update(change), Outcomes{WriteOutcome::login_taken});
    EXPECT_EQ(content("q"), json(R"({"_id": "q", "login": "other"})"));
}

TEST_P(EntityStoreContract, AnIdThatExistsComesBeforeALoginThatIsTaken) {
    use("parks");
    put(R"({"_id": "p", "login": "city-vezet"})");
    EXPECT_EQ(insert(child("p", R"("login": "city-vezet")")), Outcomes{WriteOutcome::exists});
}

TEST_P(EntityStoreContract, TellsWhoUsesALogin) {
    use("parks");
    put(R"({"_id": "p", "login": "city"})");
    put(R"({"_id": "q", "login": "town"})");
    const std::vector<std::string> logins{"town", "nobody's", "p", "Town"};
    const auto owners = store().logins_in_use(logins);
    ASSERT_EQ(owners.size(), 1U);
    EXPECT_EQ(owners[0].login, "town");
    EXPECT_EQ(owners[0].id, "q");
    EXPECT_TRUE(store().logins_in_use({}).empty());
}

TEST_P(EntityStoreContract, NothingToWriteIsDone) {
    EXPECT_TRUE(store().insert({}).empty());
    EXPECT_TRUE(store().update({}).empty());
}

TEST_P(EntityStoreContract, ItsClockGoesForward) {
    const std::int64_t first = store().server_time_ms();
    EXPECT_GT(first, 1'600'000'000'000);
    EXPECT_GE(store().server_time_ms(), first);
}

TEST_P(EntityStoreContract, CountsAboutHowManyThereAre) {
    for (int i = 0; i < 12; ++i) {
        put("{\"_id\": \"" + std::to_string(i) + "\"}");
    }
    EXPECT_EQ(store().estimated_count(), 12);
}

/// `dbtaxi.unique_drivers`, empty.
class UniqueDriverStoreUnderTest {
public:
    UniqueDriverStoreUnderTest() = default;
    UniqueDriverStoreUnderTest(const UniqueDriverStoreUnderTest&) = delete;
    UniqueDriverStoreUnderTest& operator=(const UniqueDriverStoreUnderTest&) = delete;
    virtual ~UniqueDriverStoreUnderTest() = default;

    [[nodiscard]] virtual UniqueDriverStore& store() = 0;
    virtual void put_as_is(const bson::Document& document) = 0;
    [[nodiscard]] virtual std::vector<bson::Document> documents() = 0;
};

using MakeUniqueDriverStore = std::function<std::unique_ptr<UniqueDriverStoreUnderTest>()>;

class UniqueDriverStoreContract : public ::testing::TestWithParam<MakeUniqueDriverStore> {
protected:
    static DriverProfile profile(const std::string& license, const std::string& park, const std::string& driver) {
        return {license, domain::ChildParkId(park), domain::ChildId(driver)};
    }
    void add(const std::vector<DriverProfile>& profiles, const std::string& family = "vezet") {
        EXPECT_EQ(under_test_->store().place_profiles({family}, profiles), std::vector<std::size_t>{});
    }
    void put(std::string_view json) { under_test_->put_as_is(bson::from_json(json)); }
    ProfilePlace place_of(const DriverProfile& profile) {
        const auto places = under_test_->store().find_profiles({"vezet"}, std::array{profile});
        EXPECT_EQ(places.size(), 1U);
        return places.empty() ? ProfilePlace::missing : places.front();
    }
    std::vector<bson::Document> documents() { return under_test_->documents(); }
    /// Per licence the profiles as "family/park/driver", in alphabetical order.
    std::map<std::string, std::vector<std::string>> profiles() {
        std::map<std::string, std::vector<std::string>> found;
        for (const bson::Document& document : documents()) {
            const std::string license(document.view().find("license")->string());
            EXPECT_FALSE(found.contains(license)) << "two records of one licence";
            auto& entries = found[license];
            if (const auto list = document.view().find("profiles")) {
                for (const bson::Element& entry : list->document()) {
                    const auto text = [&](const char* field) {
                        const auto value = entry.document().find(field);
                        return value && value->is_string() ? std::string(value->string()) : std::string("?");
                    };
                    entries.push_back(text("app_family") + "/" + text("park_id") + "/" + text("driver_id"));
                }
            }
            std::ranges::sort(entries);
        }
        return found;
    }
    using Profiles = std::map<std::string, std::vector<std::string>>;

private:
    std::unique_ptr<UniqueDriverStoreUnderTest> under_test_ = GetParam()();
};

TEST_P(UniqueDriverStoreContract, ALicenceWithoutARecordGetsOne) {
    add({profile("AB1", "park", "driver")});
    EXPECT_EQ(profiles(), (Profiles{{"AB1", {"vezet/park/driver"}}}));
    const auto all = documents();
    ASSERT_EQ(all.size(), 1U);
    const auto id = all[0].view().find("_id");
    ASSERT_TRUE(id && id->is_string());
    EXPECT_EQ(id->string().size(), 32U);
    EXPECT_EQ(all[0].view().find("updated_ts")->type, bson::Type::timestamp);
    EXPECT_EQ(all[0].view().find("created_date")->type, bson::Type::date);
}

TEST_P(UniqueDriverStoreContract, AProfileStandsOnceHoweverOftenItIsAdded) {
    const std::vector wanted{profile("AB1", "park", "driver"), profile("AB1", "park", "driver")};
    add(wanted);
    add(wanted);
    EXPECT_EQ(profiles(), (Profiles{{"AB1", {"vezet/park/driver"}}}));
}

TEST_P(UniqueDriverStoreContract, AMovedDriverStandsOnceWithHisNewPark) {
    add({profile("AB1", "park", "driver"), profile("AB1", "park", "colleague")});
    add({profile("AB1", "new_park", "driver")});
    EXPECT_EQ(profiles(), (Profiles{{"AB1", {"vezet/new_park/driver", "vezet/park/colleague"}}}));
}

TEST_P(UniqueDriverStoreContract, WhatOthersWroteStays) {
    put(R"({"_id": "u", "license": "AB1", "score": {"$numberLong": "5"},
            "profiles": [{"park_id": "p", "driver_id": "d", "app_family": "taximeter", "extra": 1}]})");
    add({profile("AB1", "park", "driver")});
    EXPECT_EQ(profiles(), (Profiles{{"AB1", {"taximeter/p/d", "vezet/park/driver"}}}));
    const auto all = documents();
    ASSERT_EQ(all.size(), 1U);
    EXPECT_EQ(all[0].view().find("_id")->string(), "u");
    EXPECT_EQ(bson::to_extended_json(*all[0].view().find("score")), R"({"$numberLong":"5"})");
    EXPECT_TRUE(bson::to_extended_json(all[0].view()).find("extra") != std::string::npos);
}

TEST_P(UniqueDriverStoreContract, OneLicenceMayHaveManyDriversAndFamilies) {
    add({profile("AB1", "p1", "d1"), profile("AB1", "p2", "d2"), profile("CD2", "p1", "d3")});
    add({profile("AB1", "p3", "d4")}, "other");
    EXPECT_EQ(profiles(), (Profiles{{"AB1", {"other/p3/d4", "vezet/p1/d1", "vezet/p2/d2"}}, {"CD2", {"vezet/p1/d3"}}}));
}

TEST_P(UniqueDriverStoreContract, ADriverWithANewIdIsAddedToTheRecordThatIsThere) {
    put(R"({"_id": "u", "license": "AB1", "profiles": [{"park_id": "p", "driver_id": "d", "app_family": "taximeter"}]})");
    std::vector wanted{profile("AB1", "park", "d1"), profile("AB1", "park", "d2"), profile("CD2", "park", "d3"),
                       profile("", "park", "d4")};
    for (DriverProfile& each : wanted) {
        each.has_new_id = true;
    }
    const Profiles expected{{"AB1", {"taximeter/p/d", "vezet/park/d1", "vezet/park/d2"}}, {"CD2", {"vezet/park/d3"}}};
    add(wanted);
    EXPECT_EQ(profiles(), expected);
    // What was sent may be sent again.
    add(wanted);
    EXPECT_EQ(profiles(), expected);
}

TEST_P(UniqueDriverStoreContract, ACorrectedLicenceTakesTheProfileOutOfTheOldRecord) {
    add({profile("AB1", "park", "driver"), profile("AB1", "park", "colleague")});
    add({profile("CD2", "park", "driver")});
    EXPECT_EQ(profiles(), (Profiles{{"AB1", {"vezet/park/colleague"}}, {"CD2", {"vezet/park/driver"}}}));
    add({profile("AB1", "park", "driver")});
    EXPECT_EQ(profiles(), (Profiles{{"AB1", {"vezet/park/colleague", "vezet/park/driver"}}, {"CD2", {}}}));
}

TEST_P(UniqueDriverStoreContract, AnIdThatComesBackInAnotherParkWithAnotherLicenceLeavesTheOldRecord) {
    add({profile("AB1", "park", "driver")});
    add({profile("CD2", "other_park", "driver")});
    EXPECT_EQ(profiles(), (Profiles{{"AB1", {}}, {"CD2", {"vezet/other_park/driver"}}}));
}

TEST_P(UniqueDriverStoreContract, ALicenceThatIsTakenAwayTakesTheProfileOutOfItsRecord) {
    add({profile("AB1", "park", "driver"), profile("AB1", "park", "colleague")});
    add({profile("", "park", "driver")});
    EXPECT_EQ(profiles(), (Profiles{{"AB1", {"vezet/park/colleague"}}}));
}

TEST_P(UniqueDriverStoreContract, AProfileLeavesEveryRecordButThatOfItsLicence) {
    put(R"({"_id": "u", "license": "AB1",
            "profiles": [{"park_id": "park", "driver_id": "driver", "app_family": "vezet"}]})");
    put(R"({"_id": "v", "license": "A-B-1", "profiles": [
            {"park_id": "park", "driver_id": "driver", "app_family": "vezet"},
            {"park_id": "p", "driver_id": "d", "app_family": "taximeter"},
            {"park_id": "park", "driver_id": "driver", "app_family": "vezet"}]})");
    put(R"({"_id": "w", "license": "XY", "profiles": [
            {"park_id": "old", "driver_id": "driver", "app_family": "vezet"}]})");
    add({profile("AB1", "park", "driver")});
    EXPECT_EQ(profiles(), (Profiles{{"AB1", {"vezet/park/driver"}}, {"A-B-1", {"taximeter/p/d"}}, {"XY", {}}}));
}

TEST_P(UniqueDriverStoreContract, TellsWhereAProfileStands) {
    using enum ProfilePlace;
    EXPECT_EQ(place_of(profile("AB1", "park", "driver")), missing);
    EXPECT_EQ(place_of(profile("", "park", "driver")), right);
    add({profile("AB1", "park", "driver")});
    EXPECT_EQ(place_of(profile("AB1", "park", "driver")), right);
    EXPECT_EQ(place_of(profile("AB1", "other_park", "driver")), wrong_content);
    EXPECT_EQ(place_of(profile("CD2", "park", "driver")), in_wrong_record);
    EXPECT_EQ(place_of(profile("", "park", "driver")), in_wrong_record);
    EXPECT_EQ(place_of(profile("AB1", "park", "colleague")), missing);
    put(R"({"_id": "v", "license": "CD2", "profiles": [
            {"park_id": "park", "driver_id": "driver", "app_family": "vezet"},
            {"park_id": "park", "driver_id": "again", "app_family": "vezet"},
            {"park_id": "park", "driver_id": "again", "app_family": "vezet"}]})");
    EXPECT_EQ(place_of(profile("AB1", "park", "driver")), twice);
    EXPECT_EQ(place_of(profile("CD2", "park", "again")), twice);
}

TEST_P(UniqueDriverStoreContract, NothingToAddIsDone) {
    add({});
    EXPECT_TRUE(documents().empty());
}

}  // namespace twinfleet::mirroring::testing
