#include "capabilities/mirroring/passes/park_standings.hpp"

#include <vector>

#include <gtest/gtest.h>

#include "capabilities/mirroring/testing/fake_stores.hpp"

namespace twinfleet::mirroring {
namespace {

class ParkStandingsTest : public ::testing::Test {
protected:
    /// nullptr: it has none.
    std::shared_ptr<const ParkStanding> standing_of(const std::string& park_id) {
        std::vector<MirrorBatch::Item> items(1);
        items.front().parent.park_id = park_id;
        parks_.find(items);
        return items.front().park;
    }

    testing::FakeEnvironment fakes_;
    ParkStandings parks_{fakes_.stores.links, fakes_.family};
};

TEST_F(ParkStandingsTest, AParkIsMirroredOnceItsChildExists) {
    fakes_.link_park("linked", "child of linked");
    fakes_.link_park("reserved", "child of reserved", LinkState::reserved);
    EXPECT_TRUE(standing_of("linked")->is_mirrored);
    EXPECT_EQ(standing_of("linked")->child_park_id, "child of linked");
    EXPECT_FALSE(standing_of("reserved")->is_mirrored);
    EXPECT_FALSE(standing_of("unknown")->is_mirrored);
}

TEST_F(ParkStandingsTest, AParkStaysMirroredWhenItsChildIsRetired) {
    fakes_.link_park("park", "child", LinkState::retired);
    EXPECT_TRUE(standing_of("park")->is_mirrored);
    EXPECT_TRUE(standing_of("park")->is_retired);
}

TEST_F(ParkStandingsTest, AChildIsKnownByTheLinkOfWhicheverFamily) {
    fakes_.link("parks",
                {.parent_id = domain::ParentId("park"),
                 .parent_park_id = domain::ParentParkId("park"),
                 .child_id = domain::ChildId("child"),
                 .child_park_id = domain::ChildParkId("child"),
                 .state = LinkState::linked},
                {"another family"});
    EXPECT_TRUE(standing_of("child")->is_child);
    EXPECT_FALSE(standing_of("park")->is_child);
    EXPECT_FALSE(standing_of("park")->is_mirrored) << "of another family";
}

TEST_F(ParkStandingsTest, QuarantineShows) {
    fakes_.put_into_quarantine("parks", "aside", "aside");
    EXPECT_TRUE(standing_of("aside")->is_quarantined);
    EXPECT_FALSE(standing_of("another")->is_quarantined);
}

TEST_F(ParkStandingsTest, AParkThatCannotBeReadHasNone) {
    EXPECT_EQ(standing_of(""), nullptr);
}

TEST_F(ParkStandingsTest, WhatWasFoundIsRememberedUntilItIsForgotten) {
    EXPECT_FALSE(standing_of("park")->is_mirrored);
    fakes_.link_park("park", "child");
    EXPECT_FALSE(standing_of("park")->is_mirrored);
    parks_.forget();
    EXPECT_TRUE(standing_of("park")->is_mirrored);
}

}  // namespace
}  // namespace twinfleet::mirroring
