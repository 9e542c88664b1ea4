#include "capabilities/mirroring/erasure/driver_erasure.hpp"

#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "capabilities/mirroring/creation/create_child.hpp"
#include "capabilities/mirroring/erasure/erased_parents.hpp"
#include "capabilities/mirroring/testing/fake_erasure_store.hpp"
#include "capabilities/mirroring/testing/jobs_over_fakes.hpp"
#include "platform/errors/store_error.hpp"

namespace twinfleet::mirroring {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class RememberedRecords final : public DriverRecords {
public:
    Erased erase(std::span<const std::string> driver_ids) override {
        asked.assign(driver_ids.begin(), driver_ids.end());
        return std::exchange(next, {});
    }
    std::vector<std::string> asked;
    Erased next;
};

class RememberedTraces final : public DriverTraces {
public:
    Erased erase(const std::string& driver_id, std::span<const std::string> park_ids) override {
        if (is_away) {
            throw platform::StoreUnavailable("driver-protocol", "test");
        }
        asked[driver_id].assign(park_ids.begin(), park_ids.end());
        return std::exchange(next, {});
    }
    bool is_away = false;
    std::map<std::string, std::vector<std::string>> asked;
    Erased next;
};

/// A mirrored park with a driver, who has a child.
class DriverErasureTest : public ::testing::Test {
protected:
    DriverErasureTest() {
        jobs_.put("parks", R"("_id": "park", "login": "park", "is_active": true)");
        put_driver();
        run("parks");
        EXPECT_TRUE(std::holds_alternative<ChildDriver>(create()));
        run("drivers");
    }
    void put_driver(const std::string& more = "") {
        jobs_.put("drivers", R"("_id": "ann", "park_id": "park", "first_name": "Ann", "phones": ["+79031234567"],
                                "license": {"number": "77AA"}, "email": "ann@x", "work_status": "working")" +
                                 more);
    }
    CreationAnswer create() { return create_child_driver(environment(), jobs_.family, domain::ParentId("ann")); }
    MirrorEnvironment environment() { return jobs_.dependencies.environment(jobs_.dependencies.mirror_stores()); }
    JobResult run(const std::string& job, Mode mode = Mode::full) {
        const auto lease = HeldLease::acquire(jobs_.leases, jobs_.clock, {.holder = "us"}, job, jobs_.family.name,
                                              std::chrono::milliseconds(0), {});
        return jobs_.runner.run({.entity = &entity(job), .family = jobs_.family, .mode = mode}, *lease, {}, {});
    }
    DriverErasure erasure(DriverTraces* traces) {
        return DriverErasure({.environment = environment(),
                              .erasures = erasures_,
                              .records = records_,
                              .traces = traces,
                              .log = jobs_.log});
    }
    Erasure erase() { return erasure(&traces_).erase(domain::ParentId("ann"), "tester on a machine"); }
    std::string child() const {
        const std::string key = testing::id_key(jobs_.child_id("drivers", "ann"));
        return bson::to_extended_json(jobs_.world.document("drivers", key).value().view());
    }
    Link link() const {
        for (const auto& stored : jobs_.world.links("drivers")) {
            return stored.link;
        }
        return {};
    }

    testing::JobsOverFakes jobs_;
    testing::FakeErasureStore erasures_{jobs_.links};
    RememberedRecords records_;
    RememberedTraces traces_;
};

TEST_F(DriverErasureTest, LeavesOfTheChildOnlyWhatOthersReferTo) {
    EXPECT_THAT(child(), HasSubstr("+79031234567"));
    const Erasure done = erase();
    EXPECT_EQ(done.problem, "");
    EXPECT_EQ(done.removed.children, 1U);
    EXPECT_GE(done.removed.child_fields, 4U);
    for (const char* data : {"Ann", "7903", "77AA", "ann@x", "phones", "license"}) {
        EXPECT_THAT(child(), Not(HasSubstr(data)));
    }
    EXPECT_THAT(child(), HasSubstr(R"("parent_driver_id")"));
    EXPECT_THAT(child(), HasSubstr(R"("fired")"));
    EXPECT_THAT(child(), HasSubstr(R"("balance")"));
    EXPECT_EQ(link().state, LinkState::retired);
    EXPECT_EQ(link().kept_retired, KeptRetired::erased);
    EXPECT_THAT(jobs_.world.as_put("drivers").size(), 1U) << "the parent is there as it was";
}

TEST_F(DriverErasureTest, NoPassCopiesAnythingBackAndNobodyMakesAnotherChild) {
    static_cast<void>(erase());
    const std::string erased = child();
    put_driver(R"(, "last_name": "Lee")");
    run("drivers");
    run("drivers", Mode::incremental);
    EXPECT_EQ(child(), erased);
    EXPECT_EQ(link().state, LinkState::retired);
    const CreationAnswer again = create();
    ASSERT_TRUE(std::holds_alternative<CreationRefused>(again));
    EXPECT_EQ(std::get<CreationRefused>(again).refusal, CreationRefusal::driver_not_found);
}

TEST_F(DriverErasureTest, AWriterWhoHadBegunBringsNothingBack) {
    // Between the read of the parent by a pass and its write of the child, somebody asks for the erasure.
    put_driver(R"(, "last_name": "Lee")");
    bool is_asked = false;
    jobs_.world.interfere([&](const testing::Step& step) {
        if (step.call == "drivers.update" && !is_asked) {
            is_asked = true;
            static_cast<void>(erase());
        }
        return testing::Delivery::once;
    });
    run("drivers", Mode::incremental);
    ASSERT_TRUE(is_asked);
    jobs_.world.interfere({});
    EXPECT_THAT(child(), Not(HasSubstr("Lee")));
    EXPECT_THAT(child(), Not(HasSubstr("Ann")));
}

TEST_F(DriverErasureTest, ACreatorWhoHadLookedMakesNoChild) {
    // Between his look at links and erasures and the reservation, somebody asks for the erasure.
    jobs_.put("drivers", R"("_id": "bob", "park_id": "park", "first_name": "Bob", "work_status": "working")");
    bool is_asked = false;
    jobs_.world.interfere([&](const testing::Step& step) {
        if (step.call == "links.reserve" && !is_asked) {
            is_asked = true;
            EXPECT_EQ(erasure(&traces_).erase(domain::ParentId("bob"), "me").problem, "");
        }
        return testing::Delivery::once;
    });
    const auto answer = create_child_driver(environment(), jobs_.family, domain::ParentId("bob"));
    jobs_.world.interfere({});
    ASSERT_TRUE(is_asked);
    ASSERT_TRUE(std::holds_alternative<CreationRefused>(answer));
    EXPECT_EQ(std::get<CreationRefused>(answer).refusal, CreationRefusal::driver_not_found);
    run("drivers");
    const std::string id = jobs_.child_id("drivers", "bob");
    EXPECT_FALSE(jobs_.world.document("drivers", testing::id_key(id)));
}

TEST_F(DriverErasureTest, ALaterAttemptMarksALinkThatWasBeingReservedMeanwhile) {
    static_cast<void>(erase());
    // Committed by a creator after the erasure had looked for links.
    jobs_.world.atomically([](auto& data) {
        for (auto& [key, link] : data.links["drivers"]) {
            link.kept_retired.reset();
        }
    });
    EXPECT_EQ(erasure(&traces_).attempt_pending(), 1U);
    EXPECT_EQ(link().kept_retired, KeptRetired::erased);
    run("drivers");
    EXPECT_THAT(child(), Not(HasSubstr("Ann")));
}

TEST_F(DriverErasureTest, ReachesWhatTheMirrorRemembersRecordsAndDriverProtocol) {
    records_.next = {.profiles = 1, .records = 2};
    traces_.next = {.sessions = 1, .positions = 30};
    const Erasure done = erase();
    const std::string child_id = jobs_.child_id("drivers", "ann");
    EXPECT_THAT(erasures_.forgotten, ElementsAre("ann"));
    EXPECT_THAT(records_.asked, ElementsAre("ann", child_id));
    EXPECT_THAT(traces_.asked.at("ann"), ElementsAre("park"));
    EXPECT_THAT(traces_.asked.at(child_id), ElementsAre(jobs_.child_id("parks", "park")));
    EXPECT_EQ(done.removed.unique_driver_profiles, 1U);
    EXPECT_EQ(done.removed.unique_driver_records, 2U);
    EXPECT_EQ(done.removed.sessions, 1U);
    EXPECT_EQ(done.removed.positions, 30U);
}

TEST_F(DriverErasureTest, ARecordThatSomebodyKeepsWritingKeepsItOpen) {
    records_.next = {.is_complete = false};
    const Erasure open = erase();
    EXPECT_EQ(open.problem, "child_not_settled");
    EXPECT_FALSE(open.erased_at);
    EXPECT_EQ(erase().problem, "");
}

TEST_F(DriverErasureTest, IsCompleteOnceALaterLookFindsNothing) {
    EXPECT_TRUE(erase().erased_at);
    EXPECT_EQ(erasure(&traces_).attempt_pending(), 1U);
    EXPECT_FALSE(erasures_.erasures.at("ann").completed_at) << "somebody may still be about to write";
    erasures_.now += std::chrono::minutes(2);
    traces_.next = {.sessions = 0, .positions = 1};
    EXPECT_EQ(erasure(&traces_).attempt_pending(), 1U);
    EXPECT_FALSE(erasures_.erasures.at("ann").completed_at) << "somebody was";
    erasures_.now += std::chrono::minutes(2);
    EXPECT_EQ(erasure(&traces_).attempt_pending(), 1U);
    EXPECT_TRUE(erasures_.erasures.at("ann").completed_at);
    EXPECT_EQ(erasure(&traces_).attempt_pending(), 0U);
    EXPECT_EQ(erasures_.erasures.at("ann").requested_by, "tester on a machine");
}

TEST_F(DriverErasureTest, WhatCannotBeReachedKeepsItOpenAndTheRestIsDone) {
    EXPECT_EQ(erasure(nullptr).erase(domain::ParentId("ann"), "me").problem, "driver_protocol_not_configured");
    EXPECT_THAT(child(), Not(HasSubstr("Ann")));
    traces_.is_away = true;
    EXPECT_EQ(erase().problem, "driver_protocol_unavailable");
    traces_.is_away = false;
    EXPECT_EQ(erase().problem, "");
    EXPECT_THAT(jobs_.log.entries("an erasure waits for driver-protocol"), ::testing::SizeIs(1));
}

TEST_F(DriverErasureTest, OfAnErasedDriverNothingIsToldButThatThereIsNone) {
    jobs_.put("drivers", R"("_id": "idle", "park_id": "park", "work_status": "fired")");
    jobs_.put("drivers", R"("_id": "far", "park_id": "a park that is not mirrored", "work_status": "working")");
    jobs_.put("drivers", R"("_id": "bad", "park_id": 5, "work_status": "working")");
    for (const char* driver : {"idle", "far", "bad"}) {
        static_cast<void>(erasure(&traces_).erase(domain::ParentId(driver), "me"));
        const auto answer = create_child_driver(environment(), jobs_.family, domain::ParentId(driver));
        ASSERT_TRUE(std::holds_alternative<CreationRefused>(answer)) << driver;
        EXPECT_EQ(std::get<CreationRefused>(answer).refusal, CreationRefusal::driver_not_found) << driver;
        EXPECT_EQ(std::get<CreationRefused>(answer).reason, "") << driver;
    }
    EXPECT_THAT(jobs_.world.quarantine(), IsEmpty());
}

TEST_F(DriverErasureTest, NothingIsErasedNorTakenForGoneInAnotherCluster) {
    jobs_.dependencies.source_problem = [](std::chrono::milliseconds) { return std::string("another cluster"); };
    EXPECT_EQ(erase().problem, "store_unavailable");
    EXPECT_THAT(child(), HasSubstr("Ann"));
    EXPECT_EQ(link().state, LinkState::linked);
    EXPECT_EQ(link().kept_retired, KeptRetired::erased) << "no pass copies him meanwhile";
    EXPECT_THAT(erasures_.forgotten, IsEmpty());
    erasures_.now += std::chrono::minutes(2);
    EXPECT_EQ(erasure(&traces_).attempt_pending(), 1U);
    EXPECT_FALSE(erasures_.erasures.at("ann").erased_at);
    jobs_.dependencies.source_problem = {};
    EXPECT_EQ(erase().problem, "");
    EXPECT_THAT(child(), Not(HasSubstr("Ann")));
}

TEST_F(DriverErasureTest, OfADriverWithoutAChildKeepsHimFromGettingOne) {
    jobs_.put("drivers", R"("_id": "bob", "park_id": "park", "work_status": "working")");
    const Erasure done = erasure(&traces_).erase(domain::ParentId("bob"), "me");
    EXPECT_EQ(done.problem, "");
    EXPECT_THAT(traces_.asked.at("bob"), ElementsAre("park"));
    const auto answer = create_child_driver(environment(), jobs_.family, domain::ParentId("bob"));
    ASSERT_TRUE(std::holds_alternative<CreationRefused>(answer));
    const auto lease = HeldLease::acquire(jobs_.leases, jobs_.clock, {.holder = "us"}, "drivers", jobs_.family.name,
                                          std::chrono::milliseconds(0), {});
    static_cast<void>(jobs_.runner.run(
        {.entity = &entity("drivers"), .family = jobs_.family, .mode = Mode::full, .create_missing = true}, *lease, {},
        {}));
    EXPECT_EQ(jobs_.child_id("drivers", "bob"), "");
}

class ParentsWhoSayIt : public DriverErasureTest {
protected:
    ParentsWhoSayIt() { jobs_.dependencies.parent_erased = parent_erased_by({.field = "state", .value = "erased"}); }
};

TEST_F(ParentsWhoSayIt, AreNotCopiedAnyMoreAndTheirErasureIsAskedFor) {
    put_driver(R"(, "state": "erased", "last_name": "Lee")");
    run("drivers", Mode::incremental);
    EXPECT_THAT(child(), Not(HasSubstr("Lee")));
    EXPECT_EQ(link().kept_retired, KeptRetired::erased);
    EXPECT_THAT(jobs_.links.erased_among(std::vector{domain::ParentId("ann")}), ElementsAre(domain::ParentId("ann")));
    const CreationAnswer again = create();
    EXPECT_TRUE(std::holds_alternative<CreationRefused>(again));
}

TEST_F(ParentsWhoSayIt, SayItByATextOrABoolean) {
    const auto says = [](const ErasedParents& mark, const std::string& driver) {
        const ParentErased is_erased = parent_erased_by(mark);
        return is_erased && is_erased(bson::from_json(driver).view());
    };
    EXPECT_TRUE(says({"state", "erased"}, R"({"state": "erased"})"));
    EXPECT_FALSE(says({"state", "erased"}, R"({"state": "Erased"})"));
    EXPECT_FALSE(says({"state", "erased"}, R"({"other": "erased"})"));
    EXPECT_TRUE(says({"is_erased", "true"}, R"({"is_erased": true})"));
    EXPECT_FALSE(says({"is_erased", "true"}, R"({"is_erased": false})"));
    EXPECT_FALSE(says({"", ""}, R"({"": ""})"));
}

}  // namespace
}  // namespace twinfleet::mirroring
