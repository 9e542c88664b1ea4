#include <algorithm>
#include <array>
#include <latch>
#include <limits>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "capabilities/mirroring/entities/entity_table.hpp"
#include "capabilities/mirroring/planner/plan.hpp"
#include "capabilities/mirroring/stores/entity_store_mongo.hpp"
#include "capabilities/mirroring/stores/indexes_mongo.hpp"
#include "platform/errors/store_error.hpp"
#include "tests/support/embedded_mongo.hpp"
#include "tests/support/stores.hpp"

namespace twinfleet::mirroring {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

/// Binary of subtype 2: the embedded server cannot read it and drops the connection.
constexpr const char* poison = R"({"$binary": {"base64": "AgAAAAEC", "subType": "02"}})";

class EntityStoreMongoTest : public ::testing::Test {
protected:
    EntityStoreMongoTest() {
        make_indexes(mongo_.pool(), std::array{parks_entity_, cars_entity_},
                     {.database = database_, .collection = "unique_drivers"});
    }

    [[nodiscard]] Entity renamed(std::string_view name) const {
        Entity row = entity(name);
        row.database = database_;
        return row;
    }
    [[nodiscard]] mongo::Collection collection(std::string_view name) const {
        return mongo_.pool().collection(database_, std::string(name));
    }
    void put(const std::string& document, std::string_view into = "cars") const {
        twinfleet::testing::put_as_is(collection(into), bson::from_json(document));
    }
    void put_large(const std::string& id, std::size_t bytes) const {
        auto bulk = collection("cars").bulk();
        bulk.insert(bson::Builder()
                        .string("_id", id)
                        .string("text", std::string(bytes, 'x'))
                        .timestamp("updated_ts", {.seconds = 100, .increment = 0})
                        .take());
        ASSERT_THAT(bulk.execute().errors, IsEmpty());
    }
    [[nodiscard]] std::string get(const std::string& id, std::string_view from = "cars") const {
        const auto found = collection(from).find_one(bson::Builder().string("_id", id).take());
        return found ? bson::to_extended_json(*found) : "";
    }
    [[nodiscard]] bson::Document without_version(const std::string& id, std::string_view from = "cars") const {
        const auto found = collection(from).find_one(bson::Builder().string("_id", id).take());
        bson::Builder builder;
        if (found) {
            for (const auto& element : found->view()) {
                if (element.key != "updated_ts") {
                    builder.copy(element);
                }
            }
        }
        return builder.take();
    }
    [[nodiscard]] bson::Timestamp version_of(const std::string& id) const {
        const auto found = collection("cars").find_one(bson::Builder().string("_id", id).take());
        const auto version = found ? found->view().find("updated_ts") : std::nullopt;
        return version && version->type == bson::Type::timestamp ? version->timestamp() : bson::Timestamp{};
    }
    [[nodiscard]] static ChildInsert child(const std::string& id, const std::string& more = R"("number": "A1")") {
        return {.document = bson::from_json("{\"_id\": \"" + id + "\", " + more + "}"), .id = domain::ChildId(id)};
    }
    /// An update of the child as it stands now.
    [[nodiscard]] ChildUpdate update_of(const std::string& id, const std::string& set,
                                        std::vector<std::string> unset = {}, std::string_view from = "cars") const {
        ChildUpdate update{.id = domain::ChildId(id),
                           .version = {},
                           .set = bson::from_json(set),
                           .unset = std::move(unset),
                           .replacement = {}};
        if (const auto found = collection(from).find_one(bson::Builder().string("_id", id).take())) {
            if (const auto version = found->view().find("updated_ts")) {
                update.version.updated_ts.assign(version->whole.begin(), version->whole.end());
            }
        }
        return update;
    }
    /// The ids of each batch.
    static std::vector<std::vector<std::string>> batches_of(DocumentStream& stream) {
        std::vector<std::vector<std::string>> batches;
        DocumentBatch batch;
        while (stream.next(batch)) {
            std::vector<std::string> ids;
            for (std::size_t i = 0; i < batch.size(); ++i) {
                ids.emplace_back(batch[i].find("_id")->string());
            }
            batches.push_back(std::move(ids));
        }
        return batches;
    }
    static std::vector<std::string> ids_of(const DocumentBatch& batch) {
        std::vector<std::string> ids;
        for (std::size_t i = 0; i < batch.size(); ++i) {
            const auto id = *batch[i].find("_id");
            ids.push_back(id.is_string() ? std::string(id.string()) : bson::to_extended_json(id));
        }
        return ids;
    }

    const twinfleet::testing::TestMongo mongo_;
    const std::string database_ = mongo_.database_name("fleet");
    const Entity parks_entity_ = renamed("parks");
    const Entity cars_entity_ = renamed("cars");
    EntityStoreMongo parks_{mongo_.pool(), parks_entity_, {}};
    EntityStoreMongo cars_{mongo_.pool(), cars_entity_, {}};
};

// Reading

TEST_F(EntityStoreMongoTest, ReadsTimestampsBehindTheCursorAndThenDatesOldestFirst) {
    put(R"({"_id": "t3", "updated_ts": {"$timestamp": {"t": 300, "i": 1}}})");
    put(R"({"_id": "t1", "updated_ts": {"$timestamp": {"t": 100, "i": 1}}})");
    put(R"({"_id": "t2b", "updated_ts": {"$timestamp": {"t": 200, "i": 2}}})");
    put(R"({"_id": "t2a", "updated_ts": {"$timestamp": {"t": 200, "i": 2}}})");
    put(R"({"_id": "d2", "updated_ts": {"$date": {"$numberLong": "2000"}}})");
    put(R"({"_id": "d1", "updated_ts": {"$date": {"$numberLong": "1000"}}})");
    put(R"({"_id": "none"})");
    put(R"({"_id": "text", "updated_ts": "yesterday"})");

    const auto from_the_beginning = cars_.changed_since({}, {}, {});
    EXPECT_THAT(batches_of(*from_the_beginning), ElementsAre(ElementsAre("t1", "t2a", "t2b", "t3", "d1", "d2")));

    bson::ChangePosition cursor;
    cursor.timestamp = bson::Timestamp{.seconds = 200, .increment = 1};
    cursor.date_ms = 1000;
    const auto from_the_cursor = cars_.changed_since(cursor, {}, {});
    EXPECT_THAT(batches_of(*from_the_cursor), ElementsAre(ElementsAre("t2a", "t2b", "t3", "d2")));
}

TEST_F(EntityStoreMongoTest, ReadsAllOfOneTypeWhileTheCursorOfTheOtherIsSet) {
    put(R"({"_id": "old", "updated_ts": {"$timestamp": {"t": 0, "i": 0}}})");
    put(R"({"_id": "before_1970", "updated_ts": {"$date": {"$numberLong": "-1000"}}})");
    bson::ChangePosition dates_only;
    dates_only.date_ms = 5;
    EXPECT_THAT(batches_of(*cars_.changed_since(dates_only, {}, {})), ElementsAre(ElementsAre("old")));
    bson::ChangePosition timestamps_only;
    timestamps_only.timestamp = bson::Timestamp{.seconds = 5, .increment = 0};
    EXPECT_THAT(batches_of(*cars_.changed_since(timestamps_only, {}, {})), ElementsAre(ElementsAre("before_1970")));
}

TEST_F(EntityStoreMongoTest, ReadsDatesBehindTheLeastThatThereIs) {
    put(R"({"_id": "absurd", "updated_ts": {"$date": {"$numberLong": "-9223372036854775808"}}})");
    put(R"({"_id": "before_1970", "updated_ts": {"$date": {"$numberLong": "-1000"}}})");
    bson::ChangePosition absurd;
    absurd.date_ms = std::numeric_limits<std::int64_t>::min();
    EXPECT_THAT(batches_of(*cars_.changed_since(absurd, {}, {})), ElementsAre(ElementsAre("before_1970")));
    EXPECT_THAT(batches_of(*cars_.changed_since(absurd.just_before(), {}, {})),
                ElementsAre(ElementsAre("absurd", "before_1970")));
}

TEST_F(EntityStoreMongoTest, ReadsOnlyTheParksOfTheScope) {
    put(R"({"_id": "a", "park_id": "p1", "updated_ts": {"$timestamp": {"t": 1, "i": 1}}})");
    put(R"({"_id": "b", "park_id": "p2", "updated_ts": {"$timestamp": {"t": 1, "i": 1}}})");
    put(R"({"_id": "c", "park_id": "p3", "updated_ts": {"$date": {"$numberLong": "1"}}})");
    put(R"({"_id": "p1", "login": "l1"})", "parks");
    put(R"({"_id": "p2", "login": "l2"})", "parks");
    const Scope scope{.parks = {domain::ParentParkId("p1"), domain::ParentParkId("p3")}};
    EXPECT_THAT(batches_of(*cars_.changed_since({}, scope, {})), ElementsAre(ElementsAre("a", "c")));
    EXPECT_THAT(batches_of(*cars_.all(scope, {})), ElementsAre(UnorderedElementsAre("a", "c")));
    EXPECT_THAT(batches_of(*parks_.all(scope, {})), ElementsAre(ElementsAre("p1")));
}

TEST_F(EntityStoreMongoTest, ReadsNothingFromACollectionThatDoesNotExist) {
    Entity missing = cars_entity_;
    missing.collection = "missing";
    EntityStoreMongo store(mongo_.pool(), missing, {});
    EXPECT_THAT(batches_of(*store.all({}, {})), IsEmpty());
    EXPECT_THAT(batches_of(*store.changed_since({}, {}, {})), IsEmpty());
    EXPECT_TRUE(store.fetch(std::array{std::string("a")}).empty());
    EXPECT_EQ(store.estimated_count(), 0);
}

TEST_F(EntityStoreMongoTest, EndsABatchAtItsDocumentsOrAtItsBytes) {
    for (const char* id : {"a", "b", "c", "d", "e"}) {
        put_large(id, 1000);
    }
    const BatchLimits by_documents{.documents_max = 2, .bytes_max = 1'000'000};
    EXPECT_THAT(batches_of(*cars_.changed_since({}, {}, by_documents)),
                ElementsAre(ElementsAre("a", "b"), ElementsAre("c", "d"), ElementsAre("e")));
    const BatchLimits by_bytes{.documents_max = 100, .bytes_max = 2500};
    EXPECT_THAT(batches_of(*cars_.changed_since({}, {}, by_bytes)),
                ElementsAre(ElementsAre("a", "b"), ElementsAre("c", "d"), ElementsAre("e")));
    const BatchLimits too_small{.documents_max = 100, .bytes_max = 10};
    EXPECT_THAT(batches_of(*cars_.changed_since({}, {}, too_small)), SizeIs(5));
}

TEST_F(EntityStoreMongoTest, ReadsDocumentsThatTogetherAreTooLargeForOneMessage) {
    const std::vector<std::string> ids{"a", "b", "c"};
    for (const auto& id : ids) {
        put_large(id, 16'700'000);
    }
    EXPECT_THAT(batches_of(*cars_.changed_since({}, {}, {})),
                ElementsAre(ElementsAre("a"), ElementsAre("b"), ElementsAre("c")));
    EXPECT_THAT(ids_of(cars_.fetch(ids)), UnorderedElementsAre("a", "b", "c"));
}

TEST_F(EntityStoreMongoTest, ReadsOnInSmallAnswersAfterOneThatWasTooLarge) {
    // The large ones come behind the first answer, when some have been handed over already.
    for (int i = 0; i < 300; ++i) {
        put("{\"_id\": \"small" + std::to_string(1000 + i) +
            "\", \"updated_ts\": {\"$timestamp\": {\"t\": 1, \"i\": 1}}}");
    }
    for (const char* id : {"x", "y", "z"}) {
        put_large(id, 16'700'000);
    }
    EXPECT_THROW(batches_of(*cars_.changed_since({}, {}, {})), platform::StoreUnavailable);
    std::size_t documents = 0;
    for (const auto& batch : batches_of(*cars_.changed_since({}, {}, {}))) {
        documents += batch.size();
    }
    EXPECT_EQ(documents, 303U);
}

TEST_F(EntityStoreMongoTest, FetchesThoseThatExistInSeveralQueries) {
    std::vector<std::string> wanted;
    auto bulk = collection("cars").bulk();
    for (int i = 0; i < 2500; ++i) {
        const std::string id = "car" + std::to_string(i);
        bulk.insert(bson::Builder().string("_id", id).string("park_id", "p" + std::to_string(i % 7)).take());
        wanted.push_back(id);
        wanted.push_back("missing" + std::to_string(i));
    }
    ASSERT_THAT(bulk.execute().errors, IsEmpty());
    wanted.insert(wanted.end(), wanted.begin(), wanted.begin() + 10);
    EXPECT_EQ(cars_.fetch(wanted).size(), 2500U);
    EXPECT_THAT(cars_.presence(wanted), SizeIs(2500));
    EXPECT_THAT(cars_.fetch({}), IsEmpty());
    EXPECT_EQ(cars_.estimated_count(), 2500);
}

TEST_F(EntityStoreMongoTest, DoesNotTakeAnotherTypesIdForTheString) {
    put(R"({"_id": {"$numberInt": "5"}})");
    EXPECT_TRUE(cars_.fetch(std::array{std::string("5")}).empty());
    EXPECT_THAT(cars_.presence(std::array{std::string("5")}), IsEmpty());
}

TEST_F(EntityStoreMongoTest, TellsTheParkOfWhatIsPresent) {
    put(R"({"_id": "a", "park_id": "p1"})");
    put(R"({"_id": "b", "park_id": 5})");
    put(R"({"_id": "c"})");
    put(R"({"_id": "p1", "login": "l1"})", "parks");
    const auto is = [](const std::string& id, const std::string& park) {
        return AllOf(Field(&EntityStore::Presence::id, id), Field(&EntityStore::Presence::park_id, park));
    };
    EXPECT_THAT(cars_.presence(std::array<std::string, 4>{"a", "b", "c", "d"}),
                UnorderedElementsAre(is("a", "p1"), is("b", ""), is("c", "")));
    EXPECT_THAT(parks_.presence(std::array<std::string, 1>{"p1"}), ElementsAre(is("p1", "p1")));
}

TEST_F(EntityStoreMongoTest, FetchesQuarantinedOnesWhoseIdsAreNoStrings) {
    put(R"({"_id": {"$oid": "0123456789abcdef01234567"}})");
    put(R"({"_id": {"$numberInt": "5"}})");
    put(R"({"_id": {"$numberLong": "6"}})");
    put(R"({"_id": {"a": {"$numberInt": "1"}, "b": "x"}})");
    put(R"({"_id": null})");
    put(R"({"_id": "plain"})");
    put(R"({"_id": ""})");
    put(R"({"_id": "{\"$numberInt\":\"7\"}"})");
    const std::vector<std::string> ids{
        R"({"$oid":"0123456789abcdef01234567"})",
        R"({"$numberInt":"5"})",
        R"({"$numberLong":"6"})",
        R"({"a":{"$numberInt":"1"},"b":"x"})",
        "null",
        "plain",
        R"("")",
        R"({"$numberInt":"7"})",
        R"({"broken)",
    };
    EXPECT_THAT(ids_of(cars_.fetch_quarantined(ids)),
                UnorderedElementsAre(R"({"$oid":"0123456789abcdef01234567"})", R"({"$numberInt":"5"})",
                                     R"({"$numberLong":"6"})", R"({"a":{"$numberInt":"1"},"b":"x"})", "null", "plain",
                                     "", R"({"$numberInt":"7"})"));
}

TEST_F(EntityStoreMongoTest, FetchesOneDocumentOnceForTwoTextsOfItsId) {
    put(R"({"_id": {"$numberInt": "5"}})");
    EXPECT_THAT(cars_.fetch_quarantined(std::array<std::string, 2>{R"({"$numberInt":"5"})", R"({"$numberLong":"5"})"}),
                SizeIs(1));
}

TEST_F(EntityStoreMongoTest, TellsWhoUsesALogin) {
    put(R"({"_id": "p1", "login": "one"})", "parks");
    put(R"({"_id": {"$numberInt": "2"}, "login": "two"})", "parks");
    put(R"({"_id": "p3", "login": {"$numberInt": "3"}})", "parks");
    const auto is = [](const std::string& login, const std::string& id) {
        return AllOf(Field(&EntityStore::LoginOwner::login, login), Field(&EntityStore::LoginOwner::id, id));
    };
    EXPECT_THAT(parks_.logins_in_use(std::array<std::string, 3>{"one", "two", "3"}),
                UnorderedElementsAre(is("one", "p1"), is("two", R"({"$numberInt":"2"})")));
}

// Inserting

TEST_F(EntityStoreMongoTest, InsertsWithTheTimeOfTheServer) {
    const std::int64_t before_s = cars_.server_time_ms() / 1000;
    const std::vector<ChildInsert> first{child("a"), child("b"), child("c")};
    EXPECT_THAT(cars_.insert(first), Each(WriteOutcome::written));
    const std::vector<ChildInsert> later{child("d"), child("e")};
    EXPECT_THAT(cars_.insert(later), Each(WriteOutcome::written));
    const std::int64_t after_s = cars_.server_time_ms() / 1000;
    for (const char* id : {"a", "b", "c", "d", "e"}) {
        EXPECT_GE(version_of(id).seconds, before_s) << id;
        EXPECT_LE(version_of(id).seconds, after_s) << id;
        EXPECT_EQ(bson::to_extended_json(without_version(id)), std::string(R"({"_id":")") + id + R"(","number":"A1"})");
    }
}

TEST_F(EntityStoreMongoTest, InsertsNothingForNothing) {
    EXPECT_THAT(cars_.insert({}), IsEmpty());
}

TEST_F(EntityStoreMongoTest, TellsEachOutcomeOfAMixedBatch) {
    put(R"({"_id": "there", "login": "there", "name": "old", "updated_ts": {"$timestamp": {"t": 1, "i": 1}}})",
        "parks");
    const std::vector<ChildInsert> children{
        child("new", R"("login": "new")"),
        child("there", R"("login": "other")"),
        child("rival", R"("login": "there")"),
        child("large", "\"login\": \"large\", \"text\": \"" + std::string(document_bytes_max, 'x') + "\""),
        child("poison", std::string(R"("login": "poison", "b": )") + poison),
        child("last", R"("login": "last")"),
    };
    EXPECT_THAT(parks_.insert(children),
                ElementsAre(WriteOutcome::written, WriteOutcome::exists, WriteOutcome::login_taken,
                            WriteOutcome::refused, WriteOutcome::refused, WriteOutcome::written));
    EXPECT_THAT(get("there", "parks"), ::testing::HasSubstr("old"));
    EXPECT_EQ(get("rival", "parks"), "");
    EXPECT_EQ(get("large", "parks"), "");
    EXPECT_EQ(get("poison", "parks"), "");
    EXPECT_NE(get("last", "parks"), "");
}

TEST_F(EntityStoreMongoTest, RefusesADocumentOneByteTooLarge) {
    const auto of_size = [](const std::string& id, std::size_t stored_bytes) {
        constexpr std::size_t version_bytes = 20;
        bson::Builder frame;
        frame.string("_id", id).string("text", "");
        const std::size_t bytes = frame.take().size_bytes();
        return ChildInsert{.document = bson::Builder()
                                           .string("_id", id)
                                           .string("text", std::string(stored_bytes - version_bytes - bytes, 'x'))
                                           .take(),
                           .id = domain::ChildId(id)};
    };
    const std::vector<ChildInsert> children{of_size("fits", document_bytes_max),
                                            of_size("large", document_bytes_max + 1)};
    EXPECT_THAT(cars_.insert(children), ElementsAre(WriteOutcome::written, WriteOutcome::refused));
    EXPECT_EQ(collection("cars").find_one(bson::from_json(R"({"_id": "fits"})"))->size_bytes(), document_bytes_max);
}

TEST_F(EntityStoreMongoTest, FindsEveryPoisonInALargeBatch) {
    std::vector<ChildInsert> children;
    for (int i = 0; i < 200; ++i) {
        const bool is_poison = i == 0 || i == 77 || i == 199;
        children.push_back(
            child("car" + std::to_string(i), is_poison ? std::string(R"("b": )") + poison : R"("n": 1)"));
    }
    const auto outcomes = cars_.insert(children);
    for (int i = 0; i < 200; ++i) {
        const bool is_poison = i == 0 || i == 77 || i == 199;
        EXPECT_EQ(outcomes[static_cast<std::size_t>(i)], is_poison ? WriteOutcome::refused : WriteOutcome::written)
            << i;
    }
    EXPECT_EQ(cars_.estimated_count(), 197);
}

TEST_F(EntityStoreMongoTest, RefusesADuplicateThatIsNeitherTheIdNorALogin) {
    collection("cars").create_index(bson::from_json(R"({"key": {"vin": 1}, "name": "vin", "unique": true})"));
    put(R"({"_id": "a", "vin": "1"})");
    EXPECT_THAT(cars_.insert(std::array{child("b", R"("vin": "1")")}), ElementsAre(WriteOutcome::refused));
}

// Updating

TEST_F(EntityStoreMongoTest, SetsAndRemovesFieldsAndMovesTheVersion) {
    put(R"({"_id": "a", "number": "A1", "color": "red", "balance": 7,
            "updated_ts": {"$timestamp": {"t": 100, "i": 1}}})");
    EXPECT_THAT(cars_.update(std::array{update_of("a", R"({"number": "A2", "year": 2020})", {"color"})}),
                ElementsAre(WriteOutcome::written));
    EXPECT_EQ(without_version("a"), bson::from_json(R"({"_id": "a", "number": "A2", "balance": 7, "year": 2020})"));
    EXPECT_GT(version_of("a").seconds, 100U);
}

TEST_F(EntityStoreMongoTest, UpdatesChildrenWhateverTheirVersionIs) {
    put(R"({"_id": "none"})");
    put(R"({"_id": "null", "updated_ts": null})");
    put(R"({"_id": "date", "updated_ts": {"$date": {"$numberLong": "5"}}})");
    put(R"({"_id": "text", "updated_ts": "yesterday"})");
    std::vector<ChildUpdate> updates;
    for (const char* id : {"none", "null", "date", "text"}) {
        updates.push_back(update_of(id, R"({"number": "A2"})"));
    }
    EXPECT_THAT(cars_.update(updates), Each(WriteOutcome::written));
    for (const auto& update : updates) {
        EXPECT_GT(version_of(update.id.value()).seconds, 100U) << update.id.value();
    }
}

TEST_F(EntityStoreMongoTest, LeavesChildrenAloneThatHaveMovedOn) {
    put(R"({"_id": "moved", "number": "A1", "updated_ts": {"$timestamp": {"t": 100, "i": 1}}})");
    put(R"({"_id": "gone", "number": "A1", "updated_ts": {"$timestamp": {"t": 100, "i": 1}}})");
    put(R"({"_id": "stamped", "number": "A1"})");
    put(R"({"_id": "good", "number": "A1", "updated_ts": {"$timestamp": {"t": 100, "i": 1}}})");
    const std::vector<ChildUpdate> updates{
        update_of("moved", R"({"number": "A2"})"), update_of("gone", R"({"number": "A2"})"),
        update_of("stamped", R"({"number": "A2"})"), update_of("good", R"({"number": "A2"})")};
    auto others = collection("cars").bulk();
    others.update_one(
        bson::from_json(R"({"_id": "moved"})"),
        bson::from_json(R"({"$set": {"number": "B", "updated_ts": {"$timestamp": {"t": 101, "i": 1}}}})"));
    others.update_one(bson::from_json(R"({"_id": "stamped"})"),
                      bson::from_json(R"({"$set": {"updated_ts": {"$timestamp": {"t": 101, "i": 1}}}})"));
    others.remove_one(bson::from_json(R"({"_id": "gone"})"));
    ASSERT_THAT(others.execute().errors, IsEmpty());
    EXPECT_THAT(cars_.update(updates), ElementsAre(WriteOutcome::moved_on, WriteOutcome::moved_on,
                                                   WriteOutcome::moved_on, WriteOutcome::written));
    EXPECT_THAT(get("moved"), ::testing::HasSubstr("\"B\""));
    EXPECT_EQ(get("gone"), "");
}

TEST_F(EntityStoreMongoTest, TellsThoseThatWereWrittenFromThoseThatHadMovedOn) {
    for (const char* id : {"a", "b", "c"}) {
        put(std::string(R"({"_id": ")") + id +
            R"(", "n": 1, "color": "red", "updated_ts": {"$timestamp": {"t": 100, "i": 1}}})");
    }
    std::vector<ChildUpdate> updates{update_of("a", R"({"n": 2})", {"color"}), update_of("b", R"({"n": 2})", {"color"}),
                                     update_of("c", R"({"n": 1})", {"none"})};
    updates[1].version.updated_ts.back() ^= 1;
    EXPECT_THAT(cars_.update(updates),
                ElementsAre(WriteOutcome::written, WriteOutcome::moved_on, WriteOutcome::written));
    // Once more, as after an answer that was lost: what has been written already is at another version by now.
    EXPECT_THAT(cars_.update(updates), Each(WriteOutcome::moved_on));
}

TEST_F(EntityStoreMongoTest, TellsEachOutcomeOfMixedUpdates) {
    for (const char* id : {"good", "rival", "poison", "moved"}) {
        put(std::string(R"({"_id": ")") + id + R"(", "login": ")" + id +
                R"(", "updated_ts": {"$timestamp": {"t": 100, "i": 1}}})",
            "parks");
    }
    std::vector<ChildUpdate> updates{
        update_of("good", R"({"name": "n"})", {}, "parks"), update_of("rival", R"({"login": "good"})", {}, "parks"),
        update_of("poison", std::string(R"({"b": )") + poison + "}", {}, "parks"),
        update_of("moved", R"({"name": "n"})", {}, "parks"), update_of("missing", R"({"name": "n"})", {}, "parks")};
    updates[3].version.updated_ts.back() ^= 1;
    EXPECT_THAT(parks_.update(updates),
                ElementsAre(WriteOutcome::written, WriteOutcome::login_taken, WriteOutcome::refused,
                            WriteOutcome::moved_on, WriteOutcome::moved_on));
}

TEST_F(EntityStoreMongoTest, LetsOneOfSeveralRacingUpdatesThrough) {
    constexpr int runners = 4;
    constexpr int rounds = 20;
    for (int round = 0; round < rounds; ++round) {
        const std::string id = "car" + std::to_string(round);
        put("{\"_id\": \"" + id + "\", \"updated_ts\": {\"$timestamp\": {\"t\": 100, \"i\": 1}}}");
        std::array<WriteOutcome, runners> outcomes{};
        {
            std::latch start(runners);
            std::vector<std::jthread> threads;
            for (int runner = 0; runner < runners; ++runner) {
                threads.emplace_back([&, runner] {
                    const std::array update{update_of(id, "{\"by\": " + std::to_string(runner) + "}")};
                    start.arrive_and_wait();
                    outcomes[static_cast<std::size_t>(runner)] = cars_.update(update).front();
                });
            }
        }
        EXPECT_EQ(std::ranges::count(outcomes, WriteOutcome::written), 1);
        EXPECT_EQ(std::ranges::count(outcomes, WriteOutcome::moved_on), runners - 1);
    }
}

TEST_F(EntityStoreMongoTest, ReplacesAChildWithNestedDottedNames) {
    put(R"({"_id": "a", "map": {"x.y": 1}, "old": 1, "balance": 7, "updated_ts": {"$timestamp": {"t": 100, "i": 1}}})");
    put(R"({"_id": "b", "map": {"x.y": 1}, "updated_ts": {"$timestamp": {"t": 100, "i": 1}}})");
    auto update = update_of("a", R"({"map": {"x.y": 2}})", {"old"});
    update.replacement = bson::from_json(R"({"_id": "a", "map": {"x.y": 2}, "balance": 7, "new": true})");
    auto stale = update_of("b", R"({"map": {"x.y": 2}})");
    stale.version.updated_ts.back() ^= 1;
    stale.replacement = bson::from_json(R"({"_id": "b", "map": {"x.y": 2}})");
    EXPECT_THAT(cars_.update(std::array{update, stale}), ElementsAre(WriteOutcome::written, WriteOutcome::moved_on));
    EXPECT_THAT(without_version("a"), bson::from_json(R"({"_id": "a", "map": {"x.y": 2}, "balance": 7, "new": true})"));
    EXPECT_GT(version_of("a").seconds, 100U);
    EXPECT_EQ(version_of("b").seconds, 100U);
}

TEST_F(EntityStoreMongoTest, NeverCallsAReplacementWrittenThatTheServerDidNotKeep) {
    // The embedded server cannot change documents with such names at their top.
    put(R"({"_id": "a", "x.y": 1, "updated_ts": {"$timestamp": {"t": 100, "i": 1}}})");
    auto update = update_of("a", "{}");
    update.replacement = bson::from_json(R"({"_id": "a", "x.y": 2})");
    const auto outcomes = cars_.update(std::array{update});
    const bool is_there = without_version("a") == *update.replacement;
    EXPECT_THAT(outcomes, ElementsAre(is_there ? WriteOutcome::written : WriteOutcome::refused));
}

TEST_F(EntityStoreMongoTest, InsertsDottedNames) {
    EXPECT_THAT(cars_.insert(std::array{child("a", R"("x.y": 1, "m": {"$p": {"q.r": 2}})")}),
                ElementsAre(WriteOutcome::written));
    EXPECT_EQ(without_version("a"), bson::from_json(R"({"_id": "a", "x.y": 1, "m": {"$p": {"q.r": 2}}})"));
}

TEST_F(EntityStoreMongoTest, RefusesAReplacementThatIsTooLarge) {
    put(R"({"_id": "a", "updated_ts": {"$timestamp": {"t": 100, "i": 1}}})");
    auto update = update_of("a", "{}");
    update.replacement = bson::Builder().string("_id", "a").string("text", std::string(document_bytes_max, 'x')).take();
    EXPECT_THAT(cars_.update(std::array{update}), ElementsAre(WriteOutcome::refused));
}

// A store that is away

TEST(EntityStoreMongoAwayTest, BlamesNoDocumentForAStoreThatIsAway) {
    twinfleet::testing::EmbeddedMongo server;
    mongo::Settings settings;
    settings.uri = server.uri();
    settings.server_selection_timeout = std::chrono::milliseconds(700);
    const mongo::Pool pool(settings);
    EntityStoreMongo store(pool, entity("cars"), {});
    const std::array inserts{ChildInsert{.document = bson::from_json(R"({"_id": "a"})"), .id = domain::ChildId("a")},
                             ChildInsert{.document = bson::from_json(R"({"_id": "b"})"), .id = domain::ChildId("b")}};
    EXPECT_THAT(store.insert(inserts), Each(WriteOutcome::written));
    server.kill();
    EXPECT_THROW(static_cast<void>(store.insert(inserts)), platform::StoreUnavailable);
    EXPECT_THROW(static_cast<void>(store.update(std::array{ChildUpdate{.id = domain::ChildId("a"),
                                                                       .version = {},
                                                                       .set = bson::from_json(R"({"x": 1})"),
                                                                       .unset = {},
                                                                       .replacement = {}}})),
                 platform::StoreUnavailable);
    EXPECT_THROW(static_cast<void>(store.fetch(std::array{std::string("a")})), platform::StoreUnavailable);
    DocumentBatch batch;
    const auto stream = store.all({}, {});
    EXPECT_THROW(static_cast<void>(stream->next(batch)), platform::StoreUnavailable);
}

TEST(EntityStoreMongoAwayTest, GoesOnWhenTheServerIsBackWithoutAFailedRead) {
    twinfleet::testing::EmbeddedMongo server;
    mongo::Settings settings;
    settings.uri = server.uri();
    const mongo::Pool pool(settings);
    EntityStoreMongo store(pool, entity("cars"), {});
    EXPECT_TRUE(store.fetch(std::array{std::string("a")}).empty());
    server.restart();
    EXPECT_TRUE(store.fetch(std::array{std::string("a")}).empty());
}

}  // namespace
}  // namespace twinfleet::mirroring
