#include <future>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "capabilities/mirroring/entities/entity_table.hpp"
#include "capabilities/mirroring/memory/changes/link_changes_postgres.hpp"
#include "capabilities/mirroring/memory/links/link_lookup.hpp"
#include "capabilities/mirroring/testing/fresh_stores_postgres.hpp"

namespace twinfleet::mirroring {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class LinkChangesInPostgres : public ::testing::Test {
protected:
    /// Makes links of cars and their children, as a batch does.
    void link(const std::vector<std::string>& parents) {
        std::vector<NewLink> wanted;
        BatchOutcome outcome;
        for (const std::string& parent : parents) {
            wanted.push_back({domain::ParentId(parent), domain::ParentParkId("park"), domain::ChildId("c-" + parent),
                              domain::ChildParkId("c-park")});
            outcome.synced.push_back({.parent_id = domain::ParentId(parent),
                                      .parent_park_id = domain::ParentParkId("park"),
                                      .child_park_id = domain::ChildParkId("c-park"),
                                      .source_hash = SourceHash{},
                                      .source_updated_ts = std::nullopt,
                                      .write_token = std::nullopt});
        }
        static_cast<void>(stores_.links.reserve(nullptr, cars_, family_, wanted));
        stores_.links.record_outcome(nullptr, cars_, family_, SyncedLinks::all, outcome);
    }
    BegunWrite begin_write(const std::string& parent) {
        const domain::ParentId id(parent);
        return stores_.links.begin_write(nullptr, cars_, family_, std::span(&id, 1));
    }
    void sync(const std::string& parent, const std::string& park) {
        BatchOutcome outcome;
        outcome.synced.push_back({.parent_id = domain::ParentId(parent),
                                  .parent_park_id = domain::ParentParkId(park),
                                  .child_park_id = domain::ChildParkId("c-" + park),
                                  .source_hash = SourceHash{},
                                  .source_updated_ts = std::nullopt,
                                  .write_token = begin_write(parent).token});
        stores_.links.record_outcome(nullptr, cars_, family_, SyncedLinks::all, outcome);
    }
    void retire(const std::string& parent) {
        BatchOutcome outcome;
        outcome.retired.push_back({domain::ParentId(parent), begin_write(parent).token});
        stores_.links.record_outcome(nullptr, cars_, family_, SyncedLinks::all, outcome);
    }
    void execute(const std::string& sql) {
        stores_.pool.transact([&](postgres::Transaction& transaction) { transaction.execute(sql); });
    }
    /// `1 a linked park`: position, parent, state and park of each change.
    static std::vector<std::string> texts(const std::optional<LinkChangesRead>& read) {
        std::vector<std::string> texts;
        for (const LinkChange& change : read.value().changes) {
            texts.push_back(std::to_string(change.position) + ' ' + change.parent_id.value() + ' ' +
                            to_string(change.state) + ' ' + change.parent_park_id.value());
        }
        return texts;
    }

    FreshPostgresStores stores_;
    PostgresLinkChanges changes_{stores_.pool};
    const Entity& cars_ = entity("cars");
    const domain::AppFamily family_{"vezet"};
};

TEST_F(LinkChangesInPostgres, AreToldOnceEachInTheirOrder) {
    link({"a", "b"});
    retire("b");
    sync("b", "park");
    sync("a", "other");
    const auto read = changes_.read(cars_, std::nullopt, 100);
    EXPECT_THAT(texts(read), ElementsAre("1 a linked park", "2 b linked park", "3 b retired park", "4 b linked park",
                                         "5 a linked other"));
    EXPECT_EQ(read->next, 5);
    EXPECT_EQ(read->changes[0].family, "vezet");
    EXPECT_EQ(read->changes[0].child_id.value(), "c-a");
    EXPECT_EQ(read->changes[4].child_park_id.value(), "c-other");
    EXPECT_LE(read->changes[0].at, stores_.links.now());
    EXPECT_THAT(texts(changes_.read(cars_, 5, 100)), IsEmpty());
    EXPECT_THAT(texts(changes_.read(entity("drivers"), std::nullopt, 100)), IsEmpty());
}

TEST_F(LinkChangesInPostgres, WhatChangesNothingInALinkIsNotTold) {
    link({"a"});
    sync("a", "park");
    static_cast<void>(begin_write("a"));
    EXPECT_THAT(texts(changes_.read(cars_, 1, 100)), IsEmpty());
    EXPECT_EQ(changes_.last_position(cars_), 1);
}

TEST_F(LinkChangesInPostgres, ArePagedWithinABatch) {
    link({"a", "b", "c"});
    link({"d", "e"});
    EXPECT_THAT(texts(changes_.read(cars_, std::nullopt, 2)), ElementsAre("1 a linked park", "2 b linked park"));
    EXPECT_THAT(texts(changes_.read(cars_, 2, 2)), ElementsAre("3 c linked park", "4 d linked park"));
    EXPECT_THAT(texts(changes_.read(cars_, 4, 2)), ElementsAre("5 e linked park"));
}

TEST_F(LinkChangesInPostgres, ATransactionThatEndsLateIsToldBehindThoseThatWereRead) {
    link({"a", "b"});
    EXPECT_EQ(changes_.last_position(cars_), 2);
    stores_.pool.transact([&](postgres::Transaction& late) {
        late.execute("UPDATE fleet_sync.cars SET state = 'retired' WHERE parent_id = 'a'");
        // Meanwhile another one begins, ends and is read.
        retire("b");
        EXPECT_THAT(texts(changes_.read(cars_, 2, 100)), ElementsAre("3 b retired park"));
    });
    EXPECT_THAT(texts(changes_.read(cars_, 3, 100)), ElementsAre("4 a retired park"));
}

TEST_F(LinkChangesInPostgres, SeveralReadersAndWritersMissNothing) {
    constexpr int batches = 30;
    const auto write = [&](const std::string& name) {
        for (int i = 0; i < batches; ++i) {
            link({name + std::to_string(2 * i), name + std::to_string(2 * i + 1)});
        }
    };
    const auto follow = [&] {
        std::vector<std::string> seen;
        std::int64_t after = 0;
        while (seen.size() < 4 * batches) {
            const auto read = changes_.read(cars_, after, 7).value();
            for (const LinkChange& change : read.changes) {
                EXPECT_EQ(change.position, ++after);
                seen.push_back(change.parent_id.value());
            }
        }
        return seen;
    };
    auto one = std::async(std::launch::async, follow);
    auto other = std::async(std::launch::async, follow);
    auto writing = std::async(std::launch::async, write, "x");
    write("y");
    writing.get();
    const std::vector<std::string> seen = one.get();
    EXPECT_EQ(seen, other.get());
    EXPECT_EQ(std::set<std::string>(seen.begin(), seen.end()).size(), 4U * batches);
}

TEST_F(LinkChangesInPostgres, AreForgottenAfterTheirTimeAndWhoIsBehindIsTold) {
    link({"a"});
    link({"b"});
    execute("UPDATE fleet_sync.link_changes SET at = now() - interval '3 hours' WHERE parent_ids = '{a}'");
    changes_.prune(std::chrono::hours(2));
    EXPECT_FALSE(changes_.read(cars_, 0, 100));
    EXPECT_THAT(texts(changes_.read(cars_, 1, 100)), ElementsAre("2 b linked park"));
    EXPECT_THAT(texts(changes_.read(cars_, std::nullopt, 100)), ElementsAre("2 b linked park"));
    execute("UPDATE fleet_sync.link_changes SET at = now() - interval '3 hours'");
    changes_.prune(std::chrono::hours(2));
    EXPECT_THAT(texts(changes_.read(cars_, std::nullopt, 100)), IsEmpty());
    EXPECT_EQ(changes_.read(cars_, std::nullopt, 100)->next, 2);
    EXPECT_FALSE(changes_.read(cars_, 1, 100));
}

TEST_F(LinkChangesInPostgres, OfWhichNobodyReadAnyAreForgotten) {
    link({"a"});
    execute("UPDATE fleet_sync.link_changes SET at = now() - interval '3 hours'");
    changes_.prune(std::chrono::hours(2));
    EXPECT_THAT(texts(changes_.read(cars_, std::nullopt, 100)), IsEmpty());
    EXPECT_EQ(changes_.last_position(cars_), 1);
}

TEST_F(LinkChangesInPostgres, APositionThatWasNeverGivenSaysNothing) {
    EXPECT_TRUE(changes_.read(cars_, 0, 100));
    EXPECT_FALSE(changes_.read(cars_, 1, 100));
    link({"a"});
    EXPECT_FALSE(changes_.read(cars_, 2, 100));
}

}  // namespace
}  // namespace twinfleet::mirroring
