#include "capabilities/mirroring/memory/runs/counts_json.hpp"

#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

namespace twinfleet::mirroring {
namespace {

TEST(CreatedWith, NamesWhatDriversNeedEvenWhereNothingWasMade) {
    EXPECT_EQ(boost::json::serialize(created_with_json({})), R"({"cars":0,"work_rules":0})");
    EXPECT_EQ(boost::json::serialize(created_with_json({{"groups", 2}, {"work_rules", 3}})),
              R"({"cars":0,"work_rules":3,"groups":2})");
}

TEST(CreatedWith, IsReadAsItWasWritten) {
    const CountsByEntity counts{{"cars", 12'345'678'901}, {"groups", 1}};
    EXPECT_EQ(created_with_from_json(boost::json::serialize(created_with_json(counts))), counts);
    EXPECT_EQ(created_with_from_json("{}"), CountsByEntity());
    EXPECT_ANY_THROW((void)created_with_from_json("[1]"));
}

TEST(RunCounts, AreTakenAwayAsTheyWereAdded) {
    RunCounts counts{.read = 1};
    const RunCounts more{.read = 2, .created_with = {{"cars", 3}, {"work_rules", 1}}, .dangling_references = 1};
    counts += more;
    counts += more;
    EXPECT_EQ(counts.created_with, (CountsByEntity{{"cars", 6}, {"work_rules", 2}}));
    counts -= more;
    counts -= more;
    EXPECT_EQ(counts, RunCounts{.read = 1});
}

}  // namespace
}  // namespace twinfleet::mirroring
