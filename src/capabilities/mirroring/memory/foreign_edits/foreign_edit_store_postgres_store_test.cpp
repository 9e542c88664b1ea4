#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "capabilities/mirroring/entities/entity_table.hpp"
#include "capabilities/mirroring/memory/foreign_edits/foreign_edit_store_postgres.hpp"
#include "capabilities/mirroring/policy/changes_json.hpp"
#include "capabilities/mirroring/testing/fresh_stores_postgres.hpp"

namespace twinfleet::mirroring {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class ForeignEdits : public ::testing::Test {
protected:
    static ForeignEdit edit(const std::string& key, const std::string& park = "park") {
        return {.key = key,
                .kind = ForeignEdit::Kind::changed,
                .parent_id = domain::ParentId("parent of " + key),
                .parent_park_id = domain::ParentParkId(park),
                .child_id = domain::ChildId("child of " + key),
                .child_park_id = domain::ChildParkId("child of " + park),
                .fields = R"({"color":{"was":"red"}})"};
    }
    void record(std::string_view of, std::vector<ForeignEdit> edits) {
        stores_.links.record_outcome(nullptr, entity(of), {"vezet"}, SyncedLinks::all,
                                     {.foreign_edits = std::move(edits)});
    }
    std::vector<std::string> keys(const ForeignEditFilter& filter) {
        std::vector<std::string> keys;
        for (const ForeignEditRecord& record : edits_.list(filter)) {
            keys.push_back(record.edit.key);
        }
        return keys;
    }
    void age(const std::string& key, const std::string& interval) {
        stores_.pool.transact([&](postgres::Transaction& transaction) {
            transaction.execute("UPDATE fleet_sync.foreign_edits SET found_at = now() - interval '" + interval +
                                "' WHERE key = '" + key + "'");
        });
    }

    FreshPostgresStores stores_;
    PostgresForeignEditStore edits_{stores_.pool};
};

TEST_F(ForeignEdits, AreKeptWhole) {
    ForeignEdit removed = edit("b");
    removed.kind = ForeignEdit::Kind::removed;
    removed.fields = "{}";
    const Time before = stores_.links.now();
    record("cars", {edit("a"), removed});
    const auto records = edits_.list({});
    ASSERT_EQ(records.size(), 2U);
    EXPECT_EQ(records[0].entity, "cars");
    EXPECT_EQ(records[0].family, "vezet");
    EXPECT_EQ(records[0].edit.key, "a");
    EXPECT_EQ(records[0].edit.parent_id.value(), "parent of a");
    EXPECT_EQ(records[0].edit.parent_park_id.value(), "park");
    EXPECT_EQ(records[0].edit.child_id.value(), "child of a");
    EXPECT_EQ(records[0].edit.child_park_id.value(), "child of park");
    EXPECT_EQ(records[0].edit.fields, R"({"color": {"was": "red"}})");
    EXPECT_GE(records[0].found_at, before);
    EXPECT_EQ(records[1].edit.kind, ForeignEdit::Kind::removed);
}

TEST_F(ForeignEdits, ThatAreCommittedAgainStayOne) {
    record("cars", {edit("a")});
    record("cars", {edit("a"), edit("b")});
    EXPECT_THAT(keys({}), ElementsAre("a", "b"));
}

TEST_F(ForeignEdits, AreListedByPageEntityParkAndTime) {
    record("cars", {edit("a"), edit("b", "another"), edit("c")});
    record("drivers", {edit("d")});
    age("a", "2 hours");
    EXPECT_THAT(keys({.limit = 2}), ElementsAre("a", "b"));
    EXPECT_THAT(keys({.after_id = edits_.list({}).at(1).id}), ElementsAre("c", "d"));
    EXPECT_THAT(keys({.entity = "drivers"}), ElementsAre("d"));
    EXPECT_THAT(keys({.family = "other"}), IsEmpty());
    EXPECT_THAT(keys({.park_id = "another"}), ElementsAre("b"));
    EXPECT_THAT(keys({.park_id = "child of park", .limit = 2}), ElementsAre("a", "c"));
    EXPECT_THAT(keys({.since = stores_.links.now() - std::chrono::hours(1)}), ElementsAre("b", "c", "d"));
}

TEST_F(ForeignEdits, ArePrunedInPortions) {
    record("cars", {edit("a"), edit("b"), edit("c")});
    age("a", "31 days");
    age("b", "32 days");
    age("c", "29 days");
    const std::chrono::hours month = std::chrono::days(30);
    EXPECT_EQ(edits_.prune(month, 1), 1U);
    EXPECT_THAT(keys({}), ElementsAre("a", "c"));
    EXPECT_EQ(prune_foreign_edits(edits_, month), 1U);
    EXPECT_THAT(keys({}), ElementsAre("c"));
}

TEST_F(ForeignEdits, OfAnyValueCanBeKept) {
    using namespace std::string_literals;
    bson::Builder values;
    values.string("nul", "a\0b"s).string("latin", "\xe9t\xe9").string("surrogate", "\xed\xa0\x80").string("\xff", "x");
    const bson::Document document = values.take();
    Difference difference;
    for (const bson::Element& element : document.view()) {
        difference.fields.push_back({std::string(element.key), element, std::nullopt});
    }
    ForeignEdit odd = edit("a");
    odd.fields = changes_json(difference);
    record("cars", {odd});
    EXPECT_THAT(keys({}), ElementsAre("a"));
}

}  // namespace
}  // namespace twinfleet::mirroring
