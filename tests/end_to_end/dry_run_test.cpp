// `run --dry-run`.
#include "tests/end_to_end/installation.hpp"

namespace twinfleet::end_to_end {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

struct Foretold {
    std::map<std::string, boost::json::object> jobs;
    std::vector<boost::json::object> operations;
};

Foretold foretold(const std::string& out) {
    Foretold result{.jobs = by_job(out), .operations = {}};
    for (auto& line : testing::json_lines(out)) {
        if (line.contains("op")) {
            result.operations.push_back(std::move(line));
        }
    }
    return result;
}

using Operation = std::tuple<std::string, std::string, std::string>;

std::vector<Operation> briefly(const std::vector<boost::json::object>& operations) {
    std::vector<Operation> result;
    for (const auto& line : operations) {
        result.emplace_back(text(line, "op"), text(line, "entity"), text(line, "parent_id"));
    }
    return result;
}

class DryRunTest : public EndToEndTest {
protected:
    DryRunTest() {
        installation_.enable_cities({"Chicago"});
        installation_.put(park_with_drivers(park("one", "Chicago"), 2));
        installation_.put(park_with_drivers(park("other", "Paris"), 1));
    }
};

TEST_F(DryRunTest, ForetellsTheWorkInsideParksThatDoNotExistYetAndWritesNothing) {
    const auto before = installation_.everything();

    const Ended ended = installation_.run({"run", "all", "--create-missing", "--dry-run", "--json"});

    EXPECT_THAT(ended, EndsWith(0));
    EXPECT_EQ(installation_.everything(), before);
    const Foretold dry = foretold(ended.out);
    EXPECT_THAT(
        briefly(dry.operations),
        UnorderedElementsAre(Operation("create", "parks", "one"), Operation("create", "work_rules", "one-rule-1"),
                             Operation("create", "work_rules", "one-rule-2"), Operation("create", "cars", "one-car-1"),
                             Operation("create", "cars", "one-car-2"), Operation("create", "drivers", "one-driver-1"),
                             Operation("create", "drivers", "one-driver-2")));
    for (const auto& line : dry.operations) {
        EXPECT_THAT(testing::keys_of(line),
                    UnorderedElementsAre("op", "entity", "family", "parent_id", "child_id", "diff"));
        EXPECT_TRUE(line.at("child_id").is_null()) << text(line, "child_id");
        EXPECT_EQ(text(line, "family"), "vezet");
    }
    for (const auto& [job, line] : dry.jobs) {
        EXPECT_EQ(line.at("dry_run"), boost::json::value(true)) << job;
        EXPECT_EQ(count(line, "created"), job == "parks" ? 1 : 2) << job;
        EXPECT_EQ(count(line, "dangling_references"), 0) << job;
    }

    EXPECT_EQ(dry.jobs.at("drivers").at("created_with"), boost::json::parse(R"({"cars":0,"work_rules":0})"))
        << "the jobs before have made them";

    // What was foretold comes true.
    const auto real = by_job(installation_.run({"run", "all", "--create-missing", "--json"}).out);
    for (const auto& [job, line] : dry.jobs) {
        EXPECT_EQ(count(real.at(job), "created"), count(line, "created")) << job;
    }
}

TEST_F(DryRunTest, TellsWhatWouldBeMadeBecauseDriversNeedIt) {
    ASSERT_THAT(installation_.run({"run", "parks"}), EndsWith(0));

    const Ended ended = installation_.run({"run", "drivers", "--create-missing", "--dry-run", "--json"});
    const auto real = by_job(installation_.run({"run", "drivers", "--create-missing", "--json"}).out);

    EXPECT_THAT(ended, EndsWith(0));
    for (const auto& line : {foretold(ended.out).jobs.at("drivers"), real.at("drivers")}) {
        EXPECT_EQ(count(line, "created"), 2);
        EXPECT_EQ(line.at("created_with"), boost::json::parse(R"({"cars":2,"work_rules":2})"));
    }
    EXPECT_EQ(installation_.links(), 7U);
    EXPECT_THAT(installation_.violations(), IsEmpty());
}

TEST_F(DryRunTest, TellsFieldsThatWouldChangeInExtendedJson) {
    ASSERT_THAT(installation_.run({"run", "all", "--create-missing"}), EndsWith(0));
    installation_.put("cars", "one-car-1", R"({"color": "black", "serial": {"$numberLong": "8"}})");
    installation_.remove_field("cars", "one-car-1", "vin");
    const auto before = installation_.everything();

    const Ended ended = installation_.run({"run", "all", "--dry-run", "--json"});

    EXPECT_THAT(ended, EndsWith(0));
    EXPECT_EQ(installation_.everything(), before);
    const Foretold dry = foretold(ended.out);
    ASSERT_THAT(briefly(dry.operations), ElementsAre(Operation("update", "cars", "one-car-1")));
    const auto& line = dry.operations.front();
    EXPECT_EQ(text(line, "child_id"), installation_.child_id("cars", "one-car-1"));
    const auto& diff = line.at("diff").as_object();
    ASSERT_THAT(testing::keys_of(diff), UnorderedElementsAre("color", "serial", "vin"));
    EXPECT_EQ(boost::json::serialize(diff.at("color")), R"({"from":"white","to":"black"})");
    EXPECT_EQ(boost::json::serialize(diff.at("serial")),
              R"({"from":{"$numberLong":"9007199254740993"},"to":{"$numberLong":"8"}})");
}

TEST_F(DryRunTest, ForetellsRetirements) {
    ASSERT_THAT(installation_.run({"run", "all", "--create-missing"}), EndsWith(0));
    installation_.erase("drivers", "one-driver-1");
    const auto before = installation_.everything();

    const Ended ended = installation_.run({"run", "all", "--full", "--dry-run", "--json"});

    EXPECT_THAT(ended, EndsWith(0));
    EXPECT_EQ(installation_.everything(), before);
    const Foretold dry = foretold(ended.out);
    EXPECT_THAT(briefly(dry.operations), ElementsAre(Operation("retire", "drivers", "one-driver-1")));
    EXPECT_EQ(count(dry.jobs.at("drivers"), "retired"), 1);
}

TEST_F(DryRunTest, LeavesTheQuarantineAlone) {
    installation_.put("work_rules", work_rule("bad", "one", R"({"park_id": 7})"));
    const auto before = installation_.everything();

    const Ended ended = installation_.run({"run", "all", "--full", "--dry-run", "--json"});

    EXPECT_THAT(ended, EndsWith(1));
    EXPECT_EQ(count(by_job(ended.out).at("work_rules"), "quarantined"), 1);
    EXPECT_EQ(installation_.everything(), before);
}

}  // namespace
}  // namespace twinfleet::end_to_end
