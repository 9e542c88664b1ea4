#include "capabilities/mirroring/stores/likeness.hpp"

#include <gtest/gtest.h>

namespace twinfleet::mirroring {
namespace {

ChildUpdate update_of(const char* set, std::vector<std::string> unset = {}) {
    return {.id = domain::ChildId("child"),
            .version = {},
            .set = bson::from_json(set),
            .unset = std::move(unset),
            .replacement = {}};
}

ChildUpdate replacement_of(const char* document) {
    ChildUpdate update = update_of("{}");
    update.replacement = bson::from_json(document);
    return update;
}

TEST(Likeness, WhatWasSetAndRemovedCountsAndNothingElse) {
    const auto child = bson::from_json(R"({"_id": "child", "a": 1, "b": {"c": [1, 2]}, "own": true})");
    EXPECT_TRUE(is_written(child, update_of(R"({"a": 1, "b": {"c": [1, 2]}})", {"gone"})));
    EXPECT_FALSE(is_written(child, update_of(R"({"a": 2})")));
    EXPECT_FALSE(is_written(child, update_of(R"({"new": 1})")));
    EXPECT_FALSE(is_written(child, update_of(R"({"a": 1})", {"own"})));
}

TEST(Likeness, AnotherTypeOrOrderIsAnotherValue) {
    const auto child = bson::from_json(R"({"_id": "child", "a": {"$numberInt": "1"}, "b": {"c": 1, "d": 2}})");
    EXPECT_FALSE(is_written(child, update_of(R"({"a": {"$numberLong": "1"}})")));
    EXPECT_FALSE(is_written(child, update_of(R"({"b": {"d": 2, "c": 1}})")));
    EXPECT_FALSE(is_written(child, update_of(R"({"missing": null})")));
}

TEST(Likeness, AReplacementIsTheWholeChildInAnyOrder) {
    const auto child = bson::from_json(R"({"_id": "child", "b": 2, "a": 1, "updated_ts": 5})");
    EXPECT_TRUE(is_written(child, replacement_of(R"({"_id": "child", "a": 1, "b": 2})")));
    EXPECT_FALSE(is_written(child, replacement_of(R"({"_id": "child", "a": 1})")));
    EXPECT_FALSE(is_written(child, replacement_of(R"({"_id": "child", "a": 1, "b": 2, "c": 3})")));
    EXPECT_FALSE(is_written(child, replacement_of(R"({"_id": "child", "a": 1, "b": 3})")));
}

TEST(Likeness, AVersionIsTheWholeFieldOrNone) {
    const auto child = bson::from_json(R"({"_id": "child", "updated_ts": {"$timestamp": {"t": 5, "i": 1}}})");
    const auto field = child.view().find("updated_ts")->whole;
    const ChildVersion version{.updated_ts = {field.begin(), field.end()}};
    EXPECT_TRUE(is_at_version(child, version));
    EXPECT_FALSE(is_at_version(child, {}));
    EXPECT_TRUE(is_at_version(bson::from_json(R"({"_id": "child"})"), {}));
    EXPECT_FALSE(is_at_version(bson::from_json(R"({"updated_ts": {"$timestamp": {"t": 5, "i": 2}}})"), version));
}

}  // namespace
}  // namespace twinfleet::mirroring
