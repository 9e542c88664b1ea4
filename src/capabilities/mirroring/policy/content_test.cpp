#include "capabilities/mirroring/policy/content.hpp"

#include <gtest/gtest.h>

#include "platform/bson/builder.hpp"

namespace twinfleet::mirroring {
namespace {

TEST(AwkwardNames, AreFoundAtAnyDepthButNotInValues) {
    EXPECT_FALSE(has_awkward_names(bson::from_json(R"({"a": "x.y $z", "b": {"c": [1.5, "d.e"]}})")));
    bson::Builder nested;
    nested.begin_document("a").begin_array("b").begin_document("0").int32("x.y", 1).end().end().end();
    EXPECT_TRUE(has_awkward_names(nested.take()));
    bson::Builder dollar;
    dollar.int32("$x", 1);
    EXPECT_TRUE(has_awkward_names(dollar.take()));
    bson::Builder nameless;
    nameless.int32("", 1);
    EXPECT_TRUE(has_awkward_names(nameless.take()));
}

}  // namespace
}  // namespace twinfleet::mirroring
