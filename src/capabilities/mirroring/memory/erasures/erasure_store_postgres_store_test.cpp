#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "capabilities/mirroring/entities/entity_table.hpp"
#include "capabilities/mirroring/memory/erasures/erasure_store_postgres.hpp"
#include "capabilities/mirroring/memory/foreign_edits/foreign_edit_store_postgres.hpp"
#include "capabilities/mirroring/testing/fresh_stores_postgres.hpp"

namespace twinfleet::mirroring {
namespace {

using namespace std::chrono_literals;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class ErasuresInPostgres : public ::testing::Test {
protected:
    void link(const std::string& family) {
        const NewLink wanted{ann_, domain::ParentParkId("park"), domain::ChildId("child of " + family),
                             domain::ChildParkId("child park")};
        static_cast<void>(stores_.links.reserve(nullptr, drivers_, {family}, std::span(&wanted, 1)));
    }

    FreshPostgresStores stores_;
    PostgresErasureStore erasures_{stores_.pool};
    const Entity& drivers_ = entity("drivers");
    const domain::ParentId ann_{"ann"};
};

TEST_F(ErasuresInPostgres, KeepTheLinksOfAllFamiliesRetired) {
    link("vezet");
    link("another");
    const Erasure asked = erasures_.request(ann_, "me on here");
    EXPECT_EQ(asked.parent_id, ann_);
    EXPECT_EQ(asked.requested_by, "me on here");
    EXPECT_FALSE(asked.erased_at);
    const auto links = stores_.links.find_in_all_families(drivers_, std::span(&ann_, 1));
    ASSERT_THAT(links, SizeIs(2));
    for (const auto& [family, link] : links) {
        EXPECT_EQ(link.kept_retired, KeptRetired::erased) << family;
    }
    EXPECT_EQ(erasures_.request(ann_, "somebody else").requested_by, "me on here") << "the first one counts";
    EXPECT_THAT(erasures_.pending(0ms, 10), SizeIs(1));
    EXPECT_GT(erasures_.oldest_pending_age().count(), 0);
}

TEST_F(ErasuresInPostgres, KeepALinkRetiredThatWasBeingReservedMeanwhile) {
    static_cast<void>(erasures_.request(ann_, "me"));
    link("vezet");
    stores_.pool.transact([](postgres::Transaction& transaction) {
        transaction.execute("UPDATE fleet_sync.drivers SET kept_retired = NULL");
    });
    erasures_.keep_links_retired(ann_);
    EXPECT_EQ(stores_.links.find_in_all_families(drivers_, std::span(&ann_, 1)).at(0).link.kept_retired,
              KeptRetired::erased);
}

TEST_F(ErasuresInPostgres, AreCompletedByALaterAttemptThatFindsNothing) {
    static_cast<void>(erasures_.request(ann_, "me"));
    Erasure erasure =
        erasures_.record_attempt(ann_, {.children = 1, .positions = 7}, "driver_protocol_unavailable", 0ms);
    EXPECT_FALSE(erasure.erased_at);
    EXPECT_EQ(erasure.problem, "driver_protocol_unavailable");
    EXPECT_THAT(erasures_.pending(1h, 10), IsEmpty()) << "it was tried just now";
    EXPECT_THAT(erasures_.pending(0ms, 10), SizeIs(1));

    erasure = erasures_.record_attempt(ann_, {.positions = 3}, "", 0ms);
    EXPECT_TRUE(erasure.erased_at);
    EXPECT_FALSE(erasure.completed_at);
    EXPECT_EQ(erasure.removed, (ErasedCounts{.children = 1, .positions = 10}));
    EXPECT_FALSE(erasures_.record_attempt(ann_, {}, "", 1h).completed_at) << "not yet";
    erasure = erasures_.record_attempt(ann_, {}, "", 0ms);
    EXPECT_TRUE(erasure.completed_at);
    EXPECT_THAT(erasures_.pending(0ms, 10), IsEmpty());
    EXPECT_EQ(erasures_.oldest_pending_age().count(), 0);

    EXPECT_FALSE(erasures_.request(ann_, "somebody else").completed_at) << "asked again, it is done again";
    EXPECT_THAT(erasures_.pending(0ms, 10), SizeIs(1));
}

TEST_F(ErasuresInPostgres, ForgetsForeignEditsAndEntriesInQuarantineOfTheDriverAlone) {
    const auto edit = [](const std::string& key, const std::string& parent) {
        return ForeignEdit{.key = key,
                           .parent_id = domain::ParentId(parent),
                           .parent_park_id = domain::ParentParkId("park"),
                           .child_id = domain::ChildId("child"),
                           .child_park_id = domain::ChildParkId("child park"),
                           .fields = R"({"first_name":{"was":"Ann"}})"};
    };
    stores_.links.record_outcome(nullptr, drivers_, {"vezet"}, SyncedLinks::all,
                                 {.quarantined = {{"ann", "park", "too_large"}, {"bob", "park", "too_large"}},
                                  .foreign_edits = {edit("1", "ann"), edit("2", "ann"), edit("3", "bob")}});
    EXPECT_EQ(erasures_.forget(ann_), (ErasedCounts{.foreign_edits = 2, .quarantine_entries = 1}));
    EXPECT_EQ(erasures_.forget(ann_), ErasedCounts());
    EXPECT_THAT(PostgresForeignEditStore(stores_.pool).list({}), SizeIs(1));
    EXPECT_THAT(stores_.quarantine.list({}), SizeIs(1));
}

}  // namespace
}  // namespace twinfleet::mirroring
