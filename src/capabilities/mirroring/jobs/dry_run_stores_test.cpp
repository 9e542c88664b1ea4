#include "capabilities/mirroring/jobs/dry_run_stores.hpp"

#include <array>
#include <chrono>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "capabilities/mirroring/entities/entity_table.hpp"
#include "capabilities/mirroring/testing/generators.hpp"
#include "capabilities/mirroring/testing/jobs_over_fakes.hpp"

namespace twinfleet::mirroring {
namespace {

using ::testing::SizeIs;
using ::testing::UnorderedElementsAreArray;

/// What a run of all jobs did, or would do.
struct Told {
    /// Kind, entity and parent of each operation.
    std::multiset<std::string> operations;
    /// By entity.
    std::map<std::string, RunCounts> counts;
};

struct RunOptions {
    Mode mode = Mode::incremental;
    bool create_missing = false;
    bool verify_children = false;
};

/// All jobs of one installation, one after the other.
class AllJobs {
public:
    Told run(const RunOptions& options) { return run(options, nullptr); }
    Told foretell(const RunOptions& options) {
        DryRunStores dry(jobs.dependencies.mirror_stores());
        return run(options, &dry);
    }
    /// One of them.
    JobResult run(const Entity& entity, const RunOptions& options, DryRunStores* dry, const JobListener& listener) {
        const JobRequest request{.entity = &entity,
                                 .family = jobs.family,
                                 .mode = options.mode,
                                 .create_missing = options.create_missing,
                                 .verify_children = options.verify_children,
                                 .dry_run = dry != nullptr};
        if (dry != nullptr) {
            return jobs.runner.dry_run(request, *dry, listener, {});
        }
        const auto lease =
            HeldLease::acquire(jobs.leases, jobs.clock, {.lifetime = std::chrono::hours(1), .holder = "a test"},
                               entity.name, jobs.family.name, std::chrono::milliseconds(0), {});
        return jobs.runner.run(request, *lease, listener, {});
    }

    testing::JobsOverFakes jobs;

private:
    Told run(const RunOptions& options, DryRunStores* dry) {
        Told told;
        const JobListener listener{
            .on_progress = {}, .on_operation = [&](const OperationReport& operation) {
                constexpr std::array names{"create", "update", "retire"};
                told.operations.insert(std::string(names.at(static_cast<std::size_t>(operation.kind))) + " " +
                                       std::string(operation.entity->name) + " " + operation.parent_id->value());
            }};
        for (const Entity& entity : entities()) {
            const JobResult result = run(entity, options, dry, listener);
            EXPECT_EQ(result.end, JobEnd::done) << entity.name;
            told.counts[std::string(entity.name)] = result.report.counts;
        }
        return told;
    }
};

class DryRunTest : public ::testing::Test {
protected:
    void put_park(const std::string& id) { put("parks", R"("_id": ")" + id + R"(", "login": ")" + id + "\""); }
    void put_driver(const std::string& id, const std::string& reference) {
        put("drivers", R"("_id": ")" + id + R"(", "park_id": "park", "work_status": "working", )" + reference);
    }
    void put(std::string_view collection, std::string_view fields) { all_.jobs.put(collection, fields); }
    /// What a dry run tells comes true.
    void expect_foretold(const RunOptions& options, const std::vector<std::string>& operations) {
        const Told told = all_.foretell(options);
        EXPECT_THAT(told.operations, UnorderedElementsAreArray(operations));
        EXPECT_EQ(all_.run(options).operations, told.operations);
    }

    AllJobs all_;
};

TEST_F(DryRunTest, ForetellsWhatIsMadeBecauseDriversNeedIt) {
    put_park("park");
    put("cars", R"("_id": "car", "park_id": "park")");
    put("cars", R"("_id": "another car", "park_id": "park")");
    (void)all_.run({});
    put("work_rules", R"("_id": "late rule", "park_id": "park")");
    put_driver("first", R"("car_id": "car", "rule_id": "late rule")");
    put_driver("second", R"("car_id": "car")");
    put_driver("third", R"("car_id": "another car", "rule_id": "nobody's")");
    const RunOptions options{.create_missing = true};
    DryRunStores dry(all_.jobs.dependencies.mirror_stores());
    const RunCounts foretold = all_.run(entity("drivers"), options, &dry, {}).report.counts;
    EXPECT_EQ(foretold.created, 3U);
    EXPECT_EQ(foretold.created_with, (CountsByEntity{{"cars", 2}, {"work_rules", 1}}));
    EXPECT_EQ(foretold.dangling_references, 1U);
    EXPECT_EQ(all_.run(entity("drivers"), options, nullptr, {}).report.counts, foretold);
}

TEST_F(DryRunTest, ForetellsDriversWhoseReferenceComesToLifeInTheSameRun) {
    put_park("park");
    put_driver("of the rule", R"("rule_id": "rule")");
    put_driver("of the car", R"("car_id": "car")");
    (void)all_.run({.create_missing = true});
    put("work_rules", R"("_id": "rule", "park_id": "park")");
    put("cars", R"("_id": "car", "park_id": "park")");
    expect_foretold({.mode = Mode::full}, {"create work_rules rule", "create cars car", "update drivers of the rule",
                                           "update drivers of the car"});
}

TEST_F(DryRunTest, ForetellsDriversWhoseRuleLeavesTheQuarantineOrGoesThere) {
    put_park("park");
    put("work_rules", R"("_id": "rule", "park_id": 7)");
    put_driver("driver", R"("rule_id": "rule")");
    (void)all_.run({.mode = Mode::full, .create_missing = true});
    ASSERT_THAT(all_.jobs.world.quarantine(), SizeIs(1));

    put("work_rules", R"("_id": "rule", "park_id": "park")");
    expect_foretold({.mode = Mode::full}, {"create work_rules rule", "update drivers driver"});
    put("work_rules", R"("_id": "rule", "park_id": 7)");
    expect_foretold({.mode = Mode::full}, {"update drivers driver"});
}

TEST_F(DryRunTest, ForetellsDriversWhoseRuleIsRetiredInTheSameRun) {
    put_park("park");
    put("work_rules", R"("_id": "rule", "park_id": "park")");
    // Of a source without any rule nobody would be retired.
    put("work_rules", R"("_id": "rule that stays", "park_id": "park")");
    put_driver("driver", R"("rule_id": "rule")");
    (void)all_.run({.mode = Mode::full, .create_missing = true});
    all_.jobs.world.erase("work_rules", testing::id_key("rule"));
    expect_foretold({.mode = Mode::full}, {"retire work_rules rule", "update drivers driver"});
}

TEST_F(DryRunTest, ForetellsWhatIsInAParkThatLeavesTheQuarantine) {
    put("parks", R"("_id": "park", "login": 7)");
    put("work_rules", R"("_id": "rule", "park_id": "park")");
    (void)all_.run({.mode = Mode::full});
    put_park("park");
    expect_foretold({}, {"create parks park", "create work_rules rule"});
}

TEST_F(DryRunTest, ForetellsWhatIsInAParkThatStaysInQuarantine) {
    put_park("park");
    put("work_rules", R"("_id": "rule", "park_id": "park")");
    (void)all_.run({.mode = Mode::full});
    put("parks", R"("_id": "park", "login": 7)");
    (void)all_.run({.mode = Mode::full});
    all_.jobs.world.advance(1000);
    const Told told = all_.foretell({.mode = Mode::full});
    EXPECT_EQ(told.counts.at("work_rules").quarantined, 1U);
    EXPECT_EQ(all_.run({.mode = Mode::full}).counts.at("work_rules"), told.counts.at("work_rules"));
}

TEST_F(DryRunTest, CountsOnceWhoStaysInQuarantineThoughHisParkLeavesIt) {
    put("parks", R"("_id": "park", "login": 7)");
    put("drivers", R"("_id": 8, "park_id": "park")");
    (void)all_.run({.mode = Mode::full});
    put_park("park");
    all_.jobs.world.advance(std::chrono::milliseconds(std::chrono::hours(24)).count());
    const Told told = all_.foretell({});
    EXPECT_EQ(told.counts.at("drivers").quarantined, 1U);
    EXPECT_EQ(all_.run({}).counts.at("drivers"), told.counts.at("drivers"));
}

/// Whatever has happened to a fleet, a run does what a dry run has just foretold. Users are left out, who may get a
/// login only when another has given it up, and so is what the store refuses: neither can be told before.
TEST(DryRunOfAnyFleet, ForetellsWhatTheRunDoes) {
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
        const testing::Draw draw = testing::draw_from_seed(seed);
        AllJobs all;
        testing::Platform platform(all.jobs.world);
        all.jobs.world.refuse_documents([](bson::View) { return false; });
        platform.put(testing::draw_fleet(draw));
        (void)all.run({.mode = Mode::full, .create_missing = true});
        std::string history;
        for (int i = 0; i < 12; ++i) {
            history += "\n  " + platform.apply(testing::draw_edit(draw));
        }
        const RunOptions options{.mode = draw(3) == 0 ? Mode::incremental : Mode::full,
                                 .create_missing = draw(2) == 1,
                                 .verify_children = draw(2) == 1};
        Told told = all.foretell(options);
        Told done = all.run(options);
        for (Told* each : {&told, &done}) {
            std::erase_if(each->operations,
                          [](const std::string& operation) { return operation.find(" users ") != std::string::npos; });
            each->counts.erase("users");
        }
        EXPECT_EQ(told.operations, done.operations) << "seed " << seed << history;
        for (const auto& [name, foretold] : told.counts) {
            const RunCounts& real = done.counts.at(name);
            EXPECT_EQ(foretold.created, real.created) << name << ", seed " << seed << history;
            EXPECT_EQ(foretold.created_with, real.created_with) << name << ", seed " << seed << history;
            EXPECT_EQ(foretold.retired, real.retired) << name << ", seed " << seed << history;
            EXPECT_EQ(foretold.quarantined, real.quarantined) << name << ", seed " << seed << history;
            EXPECT_EQ(foretold.dangling_references, real.dangling_references) << name << ", seed " << seed << history;
        }
    }
}

}  // namespace
}  // namespace twinfleet::mirroring
