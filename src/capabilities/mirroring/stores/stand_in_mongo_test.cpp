#include "capabilities/mirroring/stores/stand_in_mongo.hpp"

#include <gtest/gtest.h>

namespace twinfleet::mirroring {
namespace {

ChildUpdate update_that_sets(const char* fields, std::vector<std::string> unset = {}) {
    return {.id = domain::ChildId("child"),
            .version = {},
            .set = bson::from_json(fields),
            .unset = std::move(unset),
            .replacement = {}};
}

TEST(StandIn, KnowsOneKindOfNumberAndNoOrderOfFields) {
    const auto child = bson::from_json(
        R"({"_id": "child", "number": {"$numberInt": "1"}, "fields": {"a": 1, "b": [{"c": 2.0, "d": "x"}]}})");
    EXPECT_TRUE(stand_in::has_been_kept(child, update_that_sets(R"({"number": {"$numberDouble": "1.0"}})")));
    EXPECT_TRUE(stand_in::has_been_kept(child, update_that_sets(R"({"number": {"$numberDecimal": "7"}})")));
    EXPECT_TRUE(stand_in::has_been_kept(child, update_that_sets(R"({"fields": {"b": [{"d": "x", "c": 2}], "a": 1}})")));
    EXPECT_TRUE(stand_in::has_been_kept(child, update_that_sets(R"({"missing": null})", {"gone"})));
}

TEST(StandIn, ChangesWhatDiffersToItAsWell) {
    const auto child = bson::from_json(R"({"_id": "child", "number": 1, "text": "a", "fields": {"a": 1}})");
    EXPECT_FALSE(stand_in::has_been_kept(child, update_that_sets(R"({"number": 2})")));
    EXPECT_FALSE(stand_in::has_been_kept(child, update_that_sets(R"({"text": "b"})")));
    EXPECT_FALSE(stand_in::has_been_kept(child, update_that_sets(R"({"fields": {"a": 1, "b": 1}})")));
    EXPECT_FALSE(stand_in::has_been_kept(child, update_that_sets(R"({"missing": 1})")));
    EXPECT_FALSE(stand_in::has_been_kept(child, update_that_sets(R"({"number": 1})", {"text"})));
}

TEST(StandIn, MayKeepOnlyWhatCanEqualAnotherValue) {
    EXPECT_FALSE(stand_in::may_have_been_kept(update_that_sets(R"({"text": "a", "flag": true})")));
    EXPECT_TRUE(stand_in::may_have_been_kept(update_that_sets(R"({"text": "a", "number": 1})")));
    EXPECT_TRUE(stand_in::may_have_been_kept(update_that_sets(R"({"list": []})")));
    EXPECT_TRUE(stand_in::may_have_been_kept(update_that_sets(R"({"nothing": null})")));
}

TEST(StandIn, WhatItKeptIsReplacedAtTheVersionThatStands) {
    const auto child = bson::from_json(
        R"({"_id": "child", "number": 1, "own": true, "updated_ts": {"$timestamp": {"t": 5, "i": 1}}})");
    const auto update = stand_in::replacing_update(child, update_that_sets(R"({"number": 1.0})"));
    const auto version = child.view().find("updated_ts")->whole;
    EXPECT_EQ(update.version.updated_ts, std::vector<std::uint8_t>(version.begin(), version.end()));
    ASSERT_TRUE(update.replacement);
    EXPECT_EQ(bson::to_extended_json(*update.replacement),
              bson::to_extended_json(bson::from_json(R"({"_id": "child", "own": true, "number": 1.0})")));
}

}  // namespace
}  // namespace twinfleet::mirroring
