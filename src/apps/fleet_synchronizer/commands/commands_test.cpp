#include <set>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "apps/fleet_synchronizer/commands/create_child.hpp"
#include "apps/fleet_synchronizer/commands/erase.hpp"
#include "apps/fleet_synchronizer/commands/foreign_edits.hpp"
#include "apps/fleet_synchronizer/commands/get_links.hpp"
#include "apps/fleet_synchronizer/commands/quarantine.hpp"
#include "apps/fleet_synchronizer/commands/retire.hpp"
#include "apps/fleet_synchronizer/commands/run_jobs.hpp"
#include "apps/fleet_synchronizer/commands/verify.hpp"
#include "capabilities/mirroring/creation/create_child.hpp"
#include "capabilities/mirroring/entities/entity_table.hpp"
#include "capabilities/mirroring/memory/links/link_lookup.hpp"
#include "capabilities/mirroring/source/source_guard.hpp"
#include "capabilities/mirroring/testing/fake_entity_store.hpp"
#include "capabilities/mirroring/testing/fake_erasure_store.hpp"
#include "capabilities/mirroring/testing/fake_foreign_edit_store.hpp"
#include "capabilities/mirroring/testing/fake_link_store.hpp"
#include "capabilities/mirroring/testing/fake_run_store.hpp"
#include "capabilities/mirroring/testing/fake_world.hpp"

namespace twinfleet::fleet_synchronizer {
namespace {

using namespace mirroring;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;

class RememberedRuns final : public RunStore {
public:
    std::int64_t begin(const RunReport& report, const std::string& options) override {
        RunRecord record;
        record.id = static_cast<std::int64_t>(records.size());
        record.report = report;
        record.options = options;
        records.push_back(std::move(record));
        return records.back().id;
    }
    Announced announce(const RunReport& report, const std::string& options) override {
        return {.id = begin(report, options), .is_new = true};
    }
    bool start(std::int64_t, std::uint64_t) override { return true; }
    bool progress(std::int64_t, const RunCounts&) override { return false; }
    std::vector<std::int64_t> keep_alive(const std::vector<std::int64_t>&) override { return {}; }
    Cancel request_cancel(std::int64_t) override { return Cancel::not_found; }
    void finish(std::int64_t id, RunState state, const RunReport& report, const std::string&) override {
        records.at(static_cast<std::size_t>(id)).state = state;
        records.at(static_cast<std::size_t>(id)).report = report;
    }
    std::vector<RunRecord> list(const RunFilter&) override { return records; }
    std::vector<RunRecord> latest(const std::vector<JobAndFamily>&) override { return {}; }
    std::optional<RunRecord> find(std::int64_t) override { return std::nullopt; }
    std::size_t prune(std::size_t) override { return 0; }
    std::size_t end_dead() override { return 0; }

    std::vector<RunRecord> records;
};

/// Knows of no verification, and remembers what was asked for.
class RememberedScopes final : public VerificationStore {
public:
    std::optional<VerifyPosition> position(const std::string& scope, std::chrono::hours /*age_max*/) override {
        asked.push_back(scope);
        return std::nullopt;
    }
    void keep_position(const std::string&, const VerifyPosition&) override {}
    void forget_position(const std::string& scope) override { forgotten.push_back(scope); }
    bool decide_round(const Entity&, const domain::AppFamily&, std::int64_t, Time, std::chrono::milliseconds) override {
        return false;
    }
    void round_completed(const Entity&, const domain::AppFamily&, Time) override {}
    std::vector<JobAges> ages(std::span<const domain::AppFamily>) override { return {}; }

    std::vector<std::string> asked;
    std::vector<std::string> forgotten;
};

/// The commands over stores in memory: two parks, of which one has a rule, a car and a driver.
class CommandsTest : public ::testing::Test {
protected:
    CommandsTest() {
        for (const Entity& entity : entities()) {
            entity_stores_.push_back(std::make_unique<mirroring::testing::FakeEntityStore>(world_, entity));
            stores_.emplace(entity.name, entity_stores_.back().get());
        }
        put("parks", R"({"_id": "p1", "login": "one", "city_id": "Chicago", "is_active": true})");
        put("parks", R"({"_id": "p2", "login": "two", "city_id": "Boston", "is_active": true})");
        put("work_rules", R"({"_id": "r1", "park_id": "p1", "name": "Rule"})");
        put("cars", R"({"_id": "c1", "park_id": "p1", "number": "A1"})");
        put("drivers", R"({"_id": "d1", "park_id": "p1", "car_id": "c1", "rule_id": "r1", "work_status": "working"})");
        // Beyond the overlap of the passes.
        world_.advance(60'000);
    }

    void put(std::string_view entity, std::string_view json) { world_.put(entity, bson::from_json(json)); }

    JobContext context() { return context(runner_); }
    JobContext context(JobRunner& runner) {
        return {.runner = runner,
                .dependencies = dependencies_,
                .settings = settings_,
                .lease = lease_,
                .wishes = wishes_,
                .lease_wait = lease_wait_,
                .families = families_,
                .remove_old_records = [this] { ++removals_; },
                .retry = retry_,
                .console = console_,
                .stop = stop_.get_token()};
    }
    process::ExitCode run(RunJobs options) {
        options.json = true;
        if (options.jobs.empty()) {
            options.jobs = {"parks", "work_rules", "cars", "drivers"};
        }
        return run_jobs(options, context());
    }
    /// Lines on stdout since the last call.
    std::vector<std::string> printed() {
        std::vector<std::string> lines;
        std::istringstream text(out_.str());
        for (std::string line; std::getline(text, line);) {
            lines.push_back(line);
        }
        out_.str("");
        return lines;
    }

    mirroring::testing::FakeWorld world_;
    mirroring::testing::FakeLinkStore links_{world_};
    mirroring::testing::FakeLeaseStore leases_{world_};
    mirroring::testing::FakeQuarantineStore quarantine_{world_};
    mirroring::testing::FakeUniqueDriverStore unique_drivers_{world_};
    RememberedRuns runs_;
    std::vector<std::unique_ptr<mirroring::testing::FakeEntityStore>> entity_stores_;
    std::map<std::string, EntityStore*, std::less<>> stores_;
    RandomIdSource ids_;
    platform::SystemClock clock_;
    log::NullLogger log_;
    JobDependencies dependencies_{
        .links = links_,
        .leases = leases_,
        .quarantine = quarantine_,
        .runs = runs_,
        .stores = stores_,
        .unique_drivers = unique_drivers_,
        .ids = ids_,
        .clock = clock_,
        .log = log_,
        .enabled_parks =
            [] {
                return EnabledParks{
                    [](const ParentFacts& park, const domain::AppFamily&) { return park.city_id == "Chicago"; }, "f"};
            },
        .on_untaught_reference = {},
    };
    JobSettings settings_{.pass = {}, .store_timeout = std::chrono::milliseconds(200)};
    JobRunner runner_{dependencies_, settings_};
    mirroring::testing::FakeLeaseWishes wishes_;
    std::chrono::milliseconds lease_wait_{0};
    LeaseSettings lease_{.lifetime = std::chrono::seconds(15), .holder = "test"};
    std::vector<domain::AppFamily> families_{{"vezet"}};
    std::stop_source stop_;
    Retry retry_{std::chrono::milliseconds(200), clock_, log_, stop_.get_token()};
    int removals_ = 0;
    std::ostringstream out_;
    std::ostringstream error_;
    Console console_{out_, error_};
};

TEST_F(CommandsTest, RunMirrorsAndPrintsALineForEachJobInOrder) {
    EXPECT_EQ(run({.create_missing = true}), process::ExitCode::done);
    EXPECT_THAT(printed(), ElementsAre(StartsWith(R"({"job":"parks","family":"vezet","mode":"incremental",)"),
                                       StartsWith(R"({"job":"work_rules")"), StartsWith(R"({"job":"cars")"),
                                       StartsWith(R"({"job":"drivers")")));
    EXPECT_THAT(world_.links("drivers"), SizeIs(1));
    EXPECT_EQ(runs_.records.at(3).options, "--create-missing");
}

TEST_F(CommandsTest, RunGoesRoundAllFamiliesUnlessOneIsNamed) {
    families_ = {{"vezet"}, {"other"}};
    EXPECT_EQ(run({.jobs = {"parks"}}), process::ExitCode::done);
    EXPECT_THAT(printed(), ElementsAre(HasSubstr(R"("family":"vezet")"), HasSubstr(R"("family":"other")")));
    EXPECT_EQ(run({.jobs = {"parks"}, .family = "other"}), process::ExitCode::done);
    EXPECT_THAT(printed(), ElementsAre(HasSubstr(R"("family":"other")")));
}

TEST_F(CommandsTest, WhenARunIsOverOldRecordsAreRemovedOnce) {
    EXPECT_EQ(run({.dry_run = true}), process::ExitCode::done);
    EXPECT_EQ(removals_, 0) << "a dry run changes nothing";
    EXPECT_EQ(run({}), process::ExitCode::done);
    EXPECT_EQ(removals_, 1);
}

TEST_F(CommandsTest, RunNeedsAttentionWhileSomethingIsInQuarantine) {
    put("work_rules", R"({"_id": "r2", "park_id": 5})");
    world_.advance(60'000);
    EXPECT_EQ(run({}), process::ExitCode::needs_attention);
    // Also when this run met nothing bad.
    EXPECT_EQ(run({.jobs = {"work_rules"}}), process::ExitCode::needs_attention);
    EXPECT_EQ(run({.jobs = {"parks"}}), process::ExitCode::done);
}

TEST_F(CommandsTest, QuarantineOutsideTheScopeOfARunDoesNotCount) {
    put("parks", R"({"_id": "p3", "login": 5, "city_id": "Chicago"})");
    world_.advance(60'000);
    EXPECT_EQ(run({.jobs = {"parks"}}), process::ExitCode::needs_attention);
    EXPECT_EQ(run({.jobs = {"parks"}, .parks = {"p1"}}), process::ExitCode::done);
    EXPECT_EQ(run({.jobs = {"parks"}, .parks = {"p3"}}), process::ExitCode::needs_attention);
    EXPECT_EQ(run({.jobs = {"parks"}, .cities = {"Boston"}}), process::ExitCode::done);
    EXPECT_EQ(run({.jobs = {"parks"}, .cities = {"Chicago"}}), process::ExitCode::needs_attention);
}

TEST_F(CommandsTest, RetirementsThatAreHeldBackNeedAttentionAndAreSaid) {
    settings_.pass.retirement = {.share_max = 0, .always_allowed = 0, .count_max = 0};
    JobRunner strict(dependencies_, settings_);
    EXPECT_EQ(run({.create_missing = true}), process::ExitCode::done);
    world_.erase("cars", mirroring::testing::id_key("c1"));
    EXPECT_EQ(run_jobs({.jobs = {"cars"}, .full = true, .json = true}, context(strict)),
              process::ExitCode::needs_attention);
    EXPECT_THAT(error_.str(), HasSubstr("1 children of cars (vezet) whose parents are gone were not retired"));
}

TEST_F(CommandsTest, RunEndsWhenAnotherProcessHoldsTheLease) {
    ASSERT_TRUE(leases_.acquire("work_rules", "vezet", "somebody else", std::chrono::hours(1)));
    EXPECT_EQ(run({}), process::ExitCode::lease_is_held);
    EXPECT_THAT(printed(), ElementsAre(StartsWith(R"({"job":"parks")")));
    EXPECT_THAT(error_.str(), HasSubstr("another process still holds the lease of the work_rules job of family vezet"));
}

/// A `serve` that holds the lease gives it back when it is told that somebody waits.
class LeaseGivenBackOnAWish final : public LeaseWishes {
public:
    LeaseGivenBackOnAWish(LeaseStore& leases, Lease held) : leases_(leases), held_(std::move(held)) {}

    void wish(std::string_view job, std::string_view family, std::chrono::milliseconds) override {
        if (job == held_.job && family == held_.family) {
            leases_.release(held_);
            ++wishes;
        }
    }
    void withdraw(std::string_view, std::string_view) override { ++withdrawals; }
    bool is_wished(std::string_view, std::string_view) override { return false; }

    int wishes = 0;
    int withdrawals = 0;

private:
    LeaseStore& leases_;
    const Lease held_;
};

TEST_F(CommandsTest, CommandsSayThatTheyWaitForALeaseSoThatServeMakesRoom) {
    put("work_rules", R"({"_id": "r2", "park_id": 5})");
    ASSERT_EQ(run({}), process::ExitCode::needs_attention);
    const std::string child_id = world_.links("work_rules").front().link.child_id.value();
    const auto with_work_rules_held = [&](const std::function<process::ExitCode(const JobContext&)>& command) {
        const auto held = leases_.acquire("work_rules", "vezet", "serve", std::chrono::hours(1));
        EXPECT_TRUE(held);
        LeaseGivenBackOnAWish wishes(leases_, held.value());
        lease_wait_ = std::chrono::seconds(20);
        const JobContext context{.runner = runner_,
                                 .dependencies = dependencies_,
                                 .settings = settings_,
                                 .lease = lease_,
                                 .wishes = wishes,
                                 .lease_wait = lease_wait_,
                                 .families = families_,
                                 .remove_old_records = [] {},
                                 .retry = retry_,
                                 .console = console_,
                                 .stop = stop_.get_token()};
        const process::ExitCode code = command(context);
        EXPECT_GE(wishes.wishes, 1);
        EXPECT_EQ(wishes.withdrawals, 1) << "the periodic passes go on";
        return code;
    };
    EXPECT_EQ(with_work_rules_held([](const JobContext& context) {
                  return run_jobs({.jobs = {"work_rules"}, .full = true, .json = true}, context);
              }),
              process::ExitCode::needs_attention);
    put("work_rules", R"({"_id": ")" + child_id + R"(", "park_id": "elsewhere", "name": "Foreign"})");
    EXPECT_EQ(
        with_work_rules_held([](const JobContext& context) { return verify({.repair = true, .json = true}, context); }),
        process::ExitCode::done);
    EXPECT_EQ(with_work_rules_held([](const JobContext& context) { return retry_quarantine({.json = true}, context); }),
              process::ExitCode::needs_attention);
    EXPECT_THAT(error_.str(), HasSubstr("another process runs the work_rules job of family vezet"));
}

TEST_F(CommandsTest, WhenNoParentIsLeftNobodyIsRetiredAndVerifyTellsOfTheChildren) {
    ASSERT_EQ(run({.create_missing = true}), process::ExitCode::done);
    world_.erase("drivers", mirroring::testing::id_key("d1"));
    printed();
    EXPECT_EQ(run({.jobs = {"drivers"}, .full = true}), process::ExitCode::needs_attention);
    EXPECT_THAT(printed(), ElementsAre(HasSubstr(R"("retired":0)")));
    EXPECT_THAT(error_.str(),
                HasSubstr("1 children of drivers (vezet) whose parents are gone were not retired: not one "
                          "parent is left"));
    EXPECT_EQ(verify({.json = true}, context()), process::ExitCode::needs_attention);
    EXPECT_THAT(printed(), ElementsAre(AllOf(HasSubstr(R"("entity":"drivers")"), HasSubstr(R"("type":"extra")")),
                                       R"({"checked":4,"differences":1})"));
}

TEST_F(CommandsTest, NothingRunsOnAnotherCluster) {
    ASSERT_EQ(run({.create_missing = true}), process::ExitCode::done);
    dependencies_.source_problem = [](std::chrono::milliseconds) { return std::string("MongoDB is another cluster"); };
    world_.erase("drivers", mirroring::testing::id_key("d1"));
    put("drivers", R"({"_id": "d2", "park_id": "p1", "work_status": "working"})");
    EXPECT_THROW((void)run({.full = true, .create_missing = true}), SourceIsAnother);
    EXPECT_EQ(runs_.records.back().state, RunState::failed);
    EXPECT_THROW((void)run({.full = true, .dry_run = true}), SourceIsAnother);
    EXPECT_THROW((void)runner_.retry(mirroring::entity("parks"), families_.front(), {},
                                     *acquire_lease(context(), mirroring::entity("parks"), families_.front())),
                 SourceIsAnother);
    EXPECT_THAT(world_.links("drivers"), SizeIs(1));
    EXPECT_EQ(world_.links("drivers").front().link.state, LinkState::linked);
}

TEST_F(CommandsTest, DryRunForetellsTheChildrenOfParksThatDoNotExistYet) {
    EXPECT_EQ(run({.create_missing = true, .dry_run = true}), process::ExitCode::done);
    const auto lines = printed();
    ASSERT_THAT(lines, SizeIs(8));
    EXPECT_THAT(lines[0],
                StartsWith(R"({"op":"create","entity":"parks","family":"vezet","parent_id":"p1","child_id":null,)"));
    EXPECT_THAT(lines[1], AllOf(StartsWith(R"({"job":"parks")"), HasSubstr(R"("dry_run":true)")));
    EXPECT_THAT(lines[2], StartsWith(R"({"op":"create","entity":"work_rules")"));
    EXPECT_THAT(lines[4], StartsWith(R"({"op":"create","entity":"cars")"));
    EXPECT_THAT(lines[6], StartsWith(R"({"op":"create","entity":"drivers")"));
    EXPECT_THAT(world_.links("parks"), IsEmpty());
    EXPECT_THAT(world_.documents("parks"), SizeIs(2));
}

TEST_F(CommandsTest, DryRunNeedsNoLease) {
    ASSERT_TRUE(leases_.acquire("parks", "vezet", "somebody else", std::chrono::hours(1)));
    EXPECT_EQ(run({.jobs = {"parks"}, .dry_run = true}), process::ExitCode::done);
}

TEST_F(CommandsTest, StopEndsTheRunAsInterrupted) {
    stop_.request_stop();
    EXPECT_EQ(run({}), process::ExitCode::interrupted);
}

TEST_F(CommandsTest, RunWithoutJsonPrintsATable) {
    EXPECT_EQ(run_jobs({.jobs = {"parks", "work_rules"}}, context()), process::ExitCode::done);
    EXPECT_THAT(printed(), ElementsAre(StartsWith("job "), StartsWith("parks "), StartsWith("work_rules ")));
}

TEST_F(CommandsTest, DryRunPrintsItsTableOnceAfterTheOperations) {
    EXPECT_EQ(run_jobs({.jobs = {"parks", "work_rules"}, .dry_run = true}, context()), process::ExitCode::done);
    auto lines = printed();
    std::erase_if(lines, [](const std::string& line) { return line.starts_with(' '); });
    EXPECT_THAT(lines, ElementsAre(StartsWith("create parks "), StartsWith("create work_rules "), StartsWith("job "),
                                   StartsWith("parks "), StartsWith("work_rules ")));
}

TEST_F(CommandsTest, CitiesAndParksThatNoParkMatchesAreSaid) {
    put("parks", R"({"_id": "child", "login": "c", "city_id": "Moon", "fleet_type": "vezet", "parent_park_id": "p1"})");
    EXPECT_EQ(run({.cities = {"Nowhere", "Chicago", "Moon"}, .parks = {"nopark", "p1", "p2", "child", "\xff"}}),
              process::ExitCode::done);
    EXPECT_EQ(error_.str(),
              "no park matches --city Moon\nno park matches --city Nowhere\nno park matches --park child\n"
              "no park matches --park nopark\nno park matches --park p2 together with --city\n"
              "no park matches --park \"\xEF\xBF\xBD\"\n");

    error_.str("");
    EXPECT_EQ(verify({.parks = {"p1", "nopark"}, .json = true}, context()), process::ExitCode::done);
    EXPECT_EQ(error_.str(), "no park matches --park nopark\n");
}

TEST_F(CommandsTest, VerifyFindsNothingAfterARun) {
    ASSERT_EQ(run({.create_missing = true}), process::ExitCode::done);
    printed();
    EXPECT_EQ(verify({.json = true}, context()), process::ExitCode::done);
    EXPECT_THAT(printed(), ElementsAre(R"({"checked":4,"differences":0})"));
}

TEST_F(CommandsTest, VerifyTellsAndRepairsForeignEdits) {
    ASSERT_EQ(run({.create_missing = true}), process::ExitCode::done);
    printed();
    const std::string child_id = world_.links("cars").front().link.child_id.value();
    auto child = bson::to_extended_json(*world_.document("cars", mirroring::testing::id_key(child_id)));
    child.replace(child.find("A1"), 2, "XX");
    put("cars", child);

    EXPECT_EQ(verify({.json = true}, context()), process::ExitCode::needs_attention);
    EXPECT_THAT(printed(), ElementsAre(AllOf(HasSubstr(R"("entity":"cars")"), HasSubstr(R"("type":"content")"),
                                             HasSubstr(R"("fields":["number"])"), HasSubstr(child_id)),
                                       R"({"checked":4,"differences":1})"));
    EXPECT_EQ(verify({.repair = true, .json = true}, context()), process::ExitCode::done);
    EXPECT_THAT(printed(), ElementsAre(R"({"checked":4,"differences":0})"));
    EXPECT_THAT(error_.str(), HasSubstr("1 differences found; mending them"));
}

// What is remembered under this text must be found by a later version, too.
TEST_F(CommandsTest, VerifyRemembersWhatItWasAskedForUnderTheSameTextAlways) {
    RememberedScopes scopes;
    dependencies_.verification = &scopes;
    families_ = {{"vezet"}, {"other"}};
    EXPECT_EQ(verify({.parks = {"p2", "p\"1"}, .json = true}, context()), process::ExitCode::done);
    EXPECT_EQ(verify({.family = "other", .repair = true, .json = true}, context()), process::ExitCode::done);
    EXPECT_THAT(scopes.asked, ElementsAre(R"({"families":"vezet other ","parks":["p\"1","p2"],"repair":false})",
                                          R"({"families":"other ","parks":[],"repair":true})"));
    EXPECT_EQ(std::set(scopes.forgotten.begin(), scopes.forgotten.end()),
              std::set(scopes.asked.begin(), scopes.asked.end()));
}

TEST_F(CommandsTest, CreateChildMakesTheDriverOnce) {
    ASSERT_EQ(run({.jobs = {"parks"}}), process::ExitCode::done);
    printed();
    EXPECT_EQ(create_child_driver({.family = "vezet", .parent_id = "d1", .json = true}, context()),
              process::ExitCode::done);
    EXPECT_EQ(create_child_driver({.family = "vezet", .parent_id = "d1", .json = true}, context()),
              process::ExitCode::done);
    EXPECT_THAT(printed(), ElementsAre(HasSubstr(R"("created":true)"), HasSubstr(R"("created":false)")));
}

TEST_F(CommandsTest, CreateChildTellsWhyNot) {
    EXPECT_EQ(create_child_driver({.family = "vezet", .parent_id = "d1", .json = true}, context()),
              process::ExitCode::needs_attention);
    EXPECT_THAT(printed(), ElementsAre(StartsWith(R"({"code":"park_not_mirrored",)")));
    EXPECT_EQ(create_child_driver({.family = "vezet", .parent_id = "nobody"}, context()),
              process::ExitCode::needs_attention);
    EXPECT_THAT(printed(), IsEmpty());
    EXPECT_THAT(error_.str(), HasSubstr("driver_not_found"));
}

TEST_F(CommandsTest, LinksTellTheRoleOfAnId) {
    ASSERT_EQ(run({.jobs = {"parks"}}), process::ExitCode::done);
    printed();
    EXPECT_EQ(get_links({.entity = "parks", .id = "p1", .json = true}, links_, console_), process::ExitCode::done);
    EXPECT_EQ(get_links({.entity = "parks", .id = "p2", .json = true}, links_, console_), process::ExitCode::done);
    EXPECT_EQ(get_links({.entity = "parks", .id = "\xff", .json = true}, links_, console_), process::ExitCode::done);
    EXPECT_THAT(printed(), ElementsAre(HasSubstr(R"("role":"parent")"), HasSubstr(R"("role":"unlinked")"),
                                       HasSubstr(R"("role":"unlinked")")));
}

TEST_F(CommandsTest, ForeignEditsAreListedWithTheirChanges) {
    mirroring::testing::FakeForeignEditStore edits;
    edits.records.push_back({.id = 7,
                             .entity = "cars",
                             .family = "vezet",
                             .edit = {.kind = ForeignEdit::Kind::changed,
                                      .parent_id = domain::ParentId("c1"),
                                      .parent_park_id = domain::ParentParkId("p1"),
                                      .child_id = domain::ChildId("child"),
                                      .child_park_id = domain::ChildParkId("child park"),
                                      .fields = R"({"color": {"was": "r\u0007d", "became": {"$numberInt": "5"}}})"},
                             .found_at = Time(std::chrono::milliseconds(1'500))});
    edits.records.push_back({.id = 8,
                             .entity = "drivers",
                             .family = "vezet",
                             .edit = {.kind = ForeignEdit::Kind::removed, .parent_id = domain::ParentId("d1")},
                             .found_at = Time(std::chrono::milliseconds(2'500))});
    EXPECT_EQ(list_foreign_edits({.json = true}, edits, retry_, console_), process::ExitCode::done);
    EXPECT_THAT(printed(),
                ElementsAre(R"({"id":7,"entity":"cars","family":"vezet","kind":"changed","parent_id":"c1",)"
                            R"("parent_park_id":"p1","child_id":"child","child_park_id":"child park",)"
                            R"("fields":{"color":{"was":"r\u0007d","became":{"$numberInt":"5"}}},)"
                            R"("found_at":"1970-01-01T00:00:01.500Z"})",
                            R"({"id":8,"entity":"drivers","family":"vezet","kind":"removed","parent_id":"d1",)"
                            R"("parent_park_id":"","child_id":"","child_park_id":"","fields":{},)"
                            R"("found_at":"1970-01-01T00:00:02.500Z"})"));
    EXPECT_EQ(list_foreign_edits({.park = "p1"}, edits, retry_, console_), process::ExitCode::done);
    EXPECT_THAT(printed(), ElementsAre(HasSubstr("cars (vezet) parent c1, child child: ")));
    EXPECT_EQ(list_foreign_edits({.since = Time(std::chrono::seconds(2))}, edits, retry_, console_),
              process::ExitCode::done);
    EXPECT_THAT(printed(), ElementsAre(HasSubstr("drivers (vezet) parent d1, child \"\": removed")));
}

TEST_F(CommandsTest, MoreForeignEditsThanOnePageAreAllListed) {
    mirroring::testing::FakeForeignEditStore edits;
    for (int id = 1; id <= 250; ++id) {
        edits.records.push_back({.id = id, .entity = "cars", .family = "vezet", .edit = {}, .found_at = {}});
    }
    EXPECT_EQ(list_foreign_edits({.json = true}, edits, retry_, console_), process::ExitCode::done);
    const auto lines = printed();
    ASSERT_THAT(lines, SizeIs(250));
    EXPECT_THAT(lines.front(), StartsWith(R"({"id":1,)"));
    EXPECT_THAT(lines.back(), StartsWith(R"({"id":250,)"));
}

TEST_F(CommandsTest, QuarantineIsListedRetriedAndDropped) {
    put("work_rules", R"({"_id": "r2", "park_id": 5})");
    put("work_rules", R"({"_id": "r3", "park_id": 5})");
    world_.advance(60'000);
    ASSERT_EQ(run({}), process::ExitCode::needs_attention);
    printed();
    EXPECT_EQ(list_quarantine({.json = true}, quarantine_, console_), process::ExitCode::done);
    EXPECT_THAT(printed(), ElementsAre(HasSubstr(R"("parent_id":"r2")"), HasSubstr(R"("parent_id":"r3")")));

    put("work_rules", R"({"_id": "r2", "park_id": "p1"})");
    EXPECT_EQ(retry_quarantine({.json = true}, context()), process::ExitCode::needs_attention);
    EXPECT_THAT(printed(), ElementsAre(R"({"tried":2,"released":1,"left":1})"));

    const std::int64_t left = world_.quarantine().front().id;
    EXPECT_EQ(drop_quarantine({.ids = {left, 999}, .json = true}, quarantine_, console_), process::ExitCode::done);
    EXPECT_THAT(printed(), ElementsAre(R"({"dropped":1})"));
    EXPECT_EQ(retry_quarantine({.json = true}, context()), process::ExitCode::done);
    EXPECT_THAT(printed(), ElementsAre(R"({"tried":0,"released":0,"left":0})"));
    EXPECT_EQ(drop_quarantine({}, quarantine_, console_), process::ExitCode::done);
    EXPECT_THAT(printed(), ElementsAre("0 entries dropped"));
}

TEST_F(CommandsTest, DropWithoutIdsTellsHowManyWereDropped) {
    put("work_rules", R"({"_id": "r2", "park_id": 5})");
    put("work_rules", R"({"_id": "r3", "park_id": 5})");
    world_.advance(60'000);
    ASSERT_EQ(run({}), process::ExitCode::needs_attention);
    printed();
    EXPECT_EQ(drop_quarantine({}, quarantine_, console_), process::ExitCode::done);
    EXPECT_THAT(printed(), ElementsAre("2 entries dropped"));
}

/// There are none.
class NoRecords final : public DriverRecords {
public:
    Erased erase(std::span<const std::string> /*driver_ids*/) override { return {}; }
};

TEST_F(CommandsTest, EraseRefusesTheIdOfAChildAndNamesTheParent) {
    ASSERT_EQ(run({.create_missing = true}), process::ExitCode::done);
    printed();
    mirroring::testing::FakeErasureStore erasures(links_);
    NoRecords records;
    DriverErasure erasure({.environment = dependencies_.environment(dependencies_.mirror_stores()),
                           .erasures = erasures,
                           .records = records,
                           .traces = nullptr,
                           .log = log_});
    const std::string child_id = world_.links("drivers").front().link.child_id.value();
    EXPECT_EQ(erase_driver({.parent_id = child_id, .json = true}, erasure, context()), process::ExitCode::wrong_usage);
    EXPECT_THAT(printed(), IsEmpty());
    EXPECT_THAT(error_.str(), HasSubstr("--parent-id d1"));
    EXPECT_THAT(erasures.erasures, IsEmpty()) << "a record of it would stay for ever";

    EXPECT_EQ(erase_driver({.parent_id = "d1", .json = true}, erasure, context()), process::ExitCode::needs_attention);
    EXPECT_THAT(printed(), ElementsAre(HasSubstr("driver_protocol_not_configured")));
    EXPECT_THAT(erasures.erasures, SizeIs(1));
}

/// `d1`, what he needs and his park have children.
class RetireTest : public CommandsTest {
protected:
    RetireTest() {
        EXPECT_EQ(run({.full = true}), process::ExitCode::done);
        EXPECT_TRUE(std::holds_alternative<ChildDriver>(create_child_driver(
            dependencies_.environment(dependencies_.mirror_stores()), {"vezet"}, domain::ParentId("d1"))));
        EXPECT_EQ(run({}), process::ExitCode::done);
        printed();
    }
    process::ExitCode retire(RetireParks options) {
        options.family = "vezet";
        options.json = true;
        return retire_parks(options, context());
    }
    /// `parks p1 linked`: entity, parent and state of every link.
    std::vector<std::string> states() const {
        std::vector<std::string> states;
        for (const Entity& entity : entities()) {
            for (const auto& stored : world_.links(entity.name)) {
                states.push_back(std::string(entity.name) + ' ' + stored.link.parent_id.value() + ' ' +
                                 to_string(stored.link.state));
            }
        }
        return states;
    }
    const std::vector<std::string> linked_{"parks p1 linked", "work_rules r1 linked", "cars c1 linked",
                                           "drivers d1 linked"};
    const std::vector<std::string> retired_{"parks p1 retired", "work_rules r1 retired", "cars c1 retired",
                                            "drivers d1 retired"};
};

TEST_F(RetireTest, RetiresEverythingInTheParksAlthoughTheParentsLive) {
    ASSERT_EQ(states(), linked_);
    EXPECT_EQ(retire({.parks = {"p1"}}), process::ExitCode::done);
    EXPECT_EQ(states(), retired_);
}

TEST_F(RetireTest, NoPassBringsBackWhatWasRetiredUntilItIsUndone) {
    EXPECT_EQ(retire({.cities = {"Chicago"}}), process::ExitCode::done);
    put("parks", R"({"_id": "p1", "login": "one", "city_id": "Chicago", "is_active": true, "name": "New name"})");
    put("drivers", R"({"_id": "d1", "park_id": "p1", "work_status": "working", "first_name": "Ann"})");
    put("work_rules", R"({"_id": "r2", "park_id": "p1"})");
    EXPECT_EQ(run({}), process::ExitCode::done);
    EXPECT_EQ(run({.full = true, .verify_children = true}), process::ExitCode::done);
    EXPECT_EQ(states(), retired_) << "nor is anything new made in it";
    const auto refused = create_child_driver(dependencies_.environment(dependencies_.mirror_stores()), {"vezet"},
                                             domain::ParentId("d1"));
    ASSERT_TRUE(std::holds_alternative<CreationRefused>(refused));
    EXPECT_EQ(std::get<CreationRefused>(refused).refusal, CreationRefusal::park_not_mirrored);

    EXPECT_EQ(retire({.cities = {"Chicago"}, .undo = true}), process::ExitCode::done);
    EXPECT_THAT(states(), ElementsAre("parks p1 linked", "work_rules r1 linked", "work_rules r2 linked",
                                      "cars c1 linked", "drivers d1 linked"));
}

TEST_F(RetireTest, NoBudgetHoldsItBack) {
    for (int i = 0; i < 60; ++i) {
        put("work_rules", R"({"_id": "rule)" + std::to_string(i) + R"(", "park_id": "p1"})");
    }
    EXPECT_EQ(run({}), process::ExitCode::done);
    EXPECT_EQ(retire({.parks = {"p1"}}), process::ExitCode::done);
    for (const std::string& state : states()) {
        EXPECT_TRUE(state.ends_with("retired")) << state;
    }
}

TEST_F(RetireTest, TheBudgetHoldsForThoseWhoseParentsAreGone) {
    put("work_rules", R"({"_id": "r2", "park_id": "p1"})");
    EXPECT_EQ(run({}), process::ExitCode::done);
    world_.erase("work_rules", mirroring::testing::id_key("r2"));
    settings_.pass.retirement = {.share_max = 0, .always_allowed = 0, .count_max = 0};
    JobRunner strict(dependencies_, settings_);
    RetireParks options{.family = "vezet", .parks = {"p1"}, .json = true};
    EXPECT_EQ(retire_parks(options, context(strict)), process::ExitCode::needs_attention);
    EXPECT_THAT(states(), ElementsAre("parks p1 retired", "work_rules r1 retired", "work_rules r2 linked",
                                      "cars c1 retired", "drivers d1 retired"));
    EXPECT_THAT(error_.str(), HasSubstr("1 children of work_rules (vezet) whose parents are gone were not retired"));

    options.undo = true;
    EXPECT_EQ(retire_parks(options, context(strict)), process::ExitCode::needs_attention);
    EXPECT_THAT(states(), ElementsAre("parks p1 linked", "work_rules r1 linked", "work_rules r2 linked",
                                      "cars c1 linked", "drivers d1 linked"));
}

TEST_F(RetireTest, ACityIsTheSameInEachUnicodeFormOfItsName) {
    put("parks", R"({"_id": "p1", "login": "one", "city_id": "Orle\u0301ans", "is_active": true})");
    EXPECT_EQ(retire({.cities = {"Orleans"}}), process::ExitCode::needs_attention);
    EXPECT_THAT(error_.str(), HasSubstr("for --city Orleans"));
    error_.str("");
    const std::string composed = "Orl\xC3\xA9";
    EXPECT_EQ(retire({.cities = {composed + "ans"}}), process::ExitCode::done);
    EXPECT_EQ(error_.str().find("for --city"), std::string::npos);
    EXPECT_EQ(states(), retired_);
}

TEST_F(RetireTest, ADryRunTellsWhatWouldBeRetiredAndChangesNothing) {
    EXPECT_EQ(retire({.parks = {"p1"}, .dry_run = true}), process::ExitCode::done);
    std::size_t operations = 0;
    for (const std::string& line : printed()) {
        operations += line.find(R"("op":"retire")") != std::string::npos ? 1 : 0;
    }
    EXPECT_EQ(operations, 4U);
    EXPECT_EQ(states(), linked_);
    EXPECT_EQ(run({.full = true}), process::ExitCode::done);
    EXPECT_EQ(states(), linked_);
}

TEST_F(RetireTest, AParkWithoutAChildIsSaid) {
    EXPECT_EQ(retire({.parks = {"nobody"}}), process::ExitCode::needs_attention);
    EXPECT_THAT(error_.str(), HasSubstr("for --park nobody"));
    EXPECT_EQ(retire({.cities = {"Boston"}, .undo = true}), process::ExitCode::needs_attention)
        << "nothing was retired like this";
    EXPECT_EQ(states(), linked_);
}

}  // namespace
}  // namespace twinfleet::fleet_synchronizer
