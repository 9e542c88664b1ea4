#include "capabilities/mirroring/passes/mirror_batch.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace twinfleet::mirroring {
namespace {

using ::testing::ElementsAre;

TEST(RequestBackfill, AsksOnceForEachEntityAndPark) {
    BatchOutcome outcome;
    const Entity cars{.name = "cars"};
    request_backfill(outcome, cars, "park");
    request_backfill(outcome, cars, "another");
    request_backfill(outcome, cars, "park");
    EXPECT_THAT(outcome.backfills_requested, ElementsAre(Backfill{"cars", domain::ParentParkId("park")},
                                                         Backfill{"cars", domain::ParentParkId("another")}));
}

TEST(CountsOf, AnItemIsReadAndHasOneResult) {
    MirrorBatch::Item item;
    item.result = MirrorBatch::Result::updated;
    item.operation.projection.dangling_references = 2;
    EXPECT_EQ(counts_of(item), (RunCounts{.read = 1, .updated = 1, .dangling_references = 2}));
    item.quarantine(reason::too_large);
    EXPECT_EQ(item.operation.step, Step::quarantine);
    EXPECT_EQ(item.operation.reason, reason::too_large);
    EXPECT_EQ(counts_of(item), (RunCounts{.read = 1, .quarantined = 1, .dangling_references = 2}));
    item.result = MirrorBatch::Result::unsettled;
    EXPECT_EQ(counts_of(item), (RunCounts{.read = 1, .skipped = 1, .dangling_references = 2}));
}

}  // namespace
}  // namespace twinfleet::mirroring
