#include "capabilities/mirroring/passes/shard_parks.hpp"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "capabilities/mirroring/testing/fake_stores.hpp"

namespace twinfleet::mirroring {
namespace {

using ::testing::UnorderedElementsAre;

TEST(ShardParks, AreTheMirroredAndTheQuarantinedOnesEachInOneShard) {
    testing::FakeEnvironment fakes;
    fakes.link_park("linked", "c1");
    fakes.link_park("retired", "c2", LinkState::retired);
    fakes.link_park("reserved", "c3", LinkState::reserved);
    fakes.put_into_quarantine("parks", "aside", "aside");
    std::vector<std::string> of_shards;
    for (std::uint32_t i = 0; i < 3; ++i) {
        const ShardParks parks =
            find_shard_parks(fakes.stores.links, fakes.stores.quarantine, fakes.family, {.index = i, .count = 3});
        EXPECT_THAT(parks.of_all_shards, UnorderedElementsAre("linked", "retired", "aside"));
        for (const auto& park : parks.of_shard) {
            of_shards.push_back(park.value());
        }
    }
    EXPECT_THAT(of_shards, UnorderedElementsAre("linked", "retired", "aside"));
}

}  // namespace
}  // namespace twinfleet::mirroring
