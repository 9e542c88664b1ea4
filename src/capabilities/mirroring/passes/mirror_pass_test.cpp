// What a pass says that it did.
#include <cstdint>
#include <functional>
#include <limits>
#include <ostream>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "capabilities/mirroring/creation/create_child.hpp"
#include "capabilities/mirroring/entities/entity_table.hpp"
#include "capabilities/mirroring/planner/plan.hpp"
#include "capabilities/mirroring/testing/fake_stores.hpp"
#include "capabilities/mirroring/testing/replica.hpp"

namespace twinfleet::mirroring {

std::ostream& operator<<(std::ostream& out, const RunCounts& counts) {
    return out << "read " << counts.read << ", created " << counts.created << ", updated " << counts.updated
               << ", unchanged " << counts.unchanged << ", skipped " << counts.skipped << ", retired " << counts.retired
               << ", quarantined " << counts.quarantined << ", dangling references " << counts.dangling_references
               << ", retirements held back " << counts.retirements_held_back;
}

namespace testing {
namespace {

/// A mirrored park with two rules and one that cannot be mirrored, all of which are in step.
class MirrorPassCounts : public ::testing::Test {
protected:
    MirrorPassCounts() {
        put("parks", R"("_id": "park", "login": "park", "city_id": "Chicago", "is_active": true)");
        put("work_rules", R"("_id": "rule", "park_id": "park")");
        put("work_rules", R"("_id": "another", "park_id": "park")");
        put("work_rules", R"("_id": 7, "park_id": "park")");
        run("parks", {.mode = Mode::full});
        run("work_rules", {.mode = Mode::full});
    }

    void put(const std::string& collection, const std::string& fields) {
        world_.put(collection, bson::from_json("{" + fields + "}").view());
    }
    /// After which nothing is read again for the overlap's sake, and the quarantine is not due.
    void come_to_rest(const std::string& job) {
        world_.advance(100'000);
        (void)run(job, {});
        EXPECT_EQ(run(job, {}), RunCounts{});
    }
    void request_backfill(const std::string& entity_name, const std::string& park) {
        FakeLinkStore links(world_, "founder");
        links.record_outcome(nullptr, park_entity(), family_, SyncedLinks::all,
                             {.backfills_requested = {{entity_name, domain::ParentParkId(park)}}});
    }
    RunCounts run(const std::string& job, const PassRequest& request) {
        return replica_.run_job(entity(job), request).value().counts;
    }

    FakeWorld world_;
    Platform platform_{world_};
    const domain::AppFamily family_{"vezet"};
    Replica replica_{world_,
                     platform_,
                     "worker",
                     {.pass = {.batch = {.documents_max = 2}, .execution = Execution::inline_}, .family = family_}};
};

TEST_F(MirrorPassCounts, WhatABackfillReadsIsCounted) {
    come_to_rest("work_rules");
    request_backfill("work_rules", "park");
    EXPECT_EQ(run("work_rules", {}), (RunCounts{.read = 3, .unchanged = 2, .quarantined = 1}));
}

TEST_F(MirrorPassCounts, WhatABackfillSkipsIsCounted) {
    put("cars", R"("_id": "car", "park_id": "park")");
    come_to_rest("cars");
    request_backfill("cars", "park");
    EXPECT_EQ(run("cars", {}), (RunCounts{.read = 1, .skipped = 1}));
}

TEST_F(MirrorPassCounts, WhatABackfillAndTheMainReadMeetIsCountedOnce) {
    come_to_rest("work_rules");
    put("work_rules", R"("_id": "rule", "park_id": "park", "commission": 5)");
    put("work_rules", R"("_id": "another", "park_id": "park")");
    request_backfill("work_rules", "park");
    // The main read meets the child that the backfill wrote, too, and skips it.
    EXPECT_EQ(run("work_rules", {}),
              (RunCounts{.read = 4, .updated = 1, .unchanged = 1, .skipped = 1, .quarantined = 1}));
}

/// Whoever asks for a child in vain leaves the driver, or the car that he needs, in quarantine.
class AskedForInVain : public MirrorPassCounts {
protected:
    AskedForInVain() {
        come_to_rest("cars");
        come_to_rest("drivers");
    }
    static std::string large() { return R"("note": ")" + std::string(document_bytes_max, 'x') + "\""; }
    void put_car(const std::string& more) { put("cars", R"("_id": "car", "park_id": "park", )" + more); }
    void put_driver(const std::string& more) {
        put("drivers", R"("_id": "driver", "park_id": "park", "work_status": "working", "car_id": "car", )" + more);
    }
    CreationAnswer ask() {
        FakeEnvironment fakes(world_);
        return create_child_driver(fakes.environment, family_, domain::ParentId("driver"));
    }
    /// Of cars and drivers.
    std::vector<std::string> quarantine() {
        std::vector<std::string> entries;
        for (const QuarantineEntry& entry : world_.quarantine()) {
            if (entry.entity == "cars" || entry.entity == "drivers") {
                entries.push_back(entry.entity + " " + entry.parent.reason);
            }
        }
        return entries;
    }
    void run_both(const PassRequest& request) {
        world_.advance(100'000);
        (void)run("cars", request);
        (void)run("drivers", request);
    }
};

TEST_F(AskedForInVain, ADriverStaysInQuarantineWhileHisChildCannotBeMade) {
    put_car(R"("number": "A1")");
    put_driver(large());
    EXPECT_TRUE(std::holds_alternative<CreationRefused>(ask()));
    EXPECT_THAT(quarantine(), ::testing::ElementsAre("drivers too_large"));
    run_both({});
    EXPECT_THAT(quarantine(), ::testing::ElementsAre("drivers too_large")) << "he was tried again";
    run_both({.mode = Mode::full});
    EXPECT_THAT(quarantine(), ::testing::ElementsAre("drivers too_large"));

    put_driver(R"("note": "short")");
    run_both({});
    EXPECT_THAT(quarantine(), ::testing::IsEmpty());
    EXPECT_THAT(world_.links("drivers"), ::testing::IsEmpty()) << "nobody has asked again";
    EXPECT_TRUE(std::holds_alternative<ChildDriver>(ask()));
}

TEST_F(AskedForInVain, ADriverWhoIsFiredIsAskedForByNobody) {
    put_driver(large());
    EXPECT_TRUE(std::holds_alternative<CreationRefused>(ask()));
    put("drivers", R"("_id": "driver", "park_id": "park", "work_status": "fired", )" + large());
    run_both({});
    EXPECT_THAT(quarantine(), ::testing::IsEmpty());
}

TEST_F(AskedForInVain, ACarStaysInQuarantineWhileItCannotBeMade) {
    put_car(large());
    put_driver(R"("note": "short")");
    const auto made = std::get<ChildDriver>(ask());
    EXPECT_FALSE(made.car_id);
    EXPECT_THAT(quarantine(), ::testing::ElementsAre("cars too_large"));
    run_both({});
    EXPECT_THAT(quarantine(), ::testing::ElementsAre("cars too_large"));

    put_car(R"("number": "A1")");
    run_both({});
    EXPECT_THAT(quarantine(), ::testing::IsEmpty());
    run_both({.mode = Mode::full});
    EXPECT_THAT(world_.links("cars"), ::testing::SizeIs(1)) << "the driver needs it still";
}

TEST_F(AskedForInVain, ADriverLeavesTheQuarantineWithHisPark) {
    put_driver(R"("note": "short")");
    put("parks", R"("_id": "park", "login": 7, "city_id": "Chicago")");
    (void)run("parks", {});
    EXPECT_EQ(std::get<CreationRefused>(ask()).reason, reason::parent_quarantined);
    EXPECT_THAT(quarantine(), ::testing::ElementsAre("drivers parent_quarantined"));
    put("parks", R"("_id": "park", "login": "park", "city_id": "Chicago")");
    (void)run("parks", {});
    (void)run("drivers", {});
    EXPECT_THAT(quarantine(), ::testing::IsEmpty());
}

TEST_F(MirrorPassCounts, APassOverEverythingSaysSinceWhenNothingIsMissing) {
    using namespace std::chrono_literals;
    const auto lag_after = [this](const PassRequest& request) {
        world_.advance(1'000);
        (void)run("work_rules", request);
        return FakeLinkStore(world_, "onlooker").now() - world_.caught_up_at("work_rules", family_.name).value();
    };
    EXPECT_EQ(lag_after({}), 0s);
    EXPECT_EQ(lag_after({.scope = {.parks = {domain::ParentParkId("park")}}}), 1s) << "there are other parks";
    EXPECT_EQ(lag_after({.mode = Mode::full, .shard = Shard{.index = 0, .count = 1}}), 2s) << "shards do not tell";
    come_to_rest("work_rules");
    EXPECT_EQ(lag_after({}), 0s) << "though there was nothing to do";
    EXPECT_EQ(lag_after({.mode = Mode::full}), 0s);
}

TEST_F(MirrorPassCounts, TheLeastDateThatThereIsHidesNoLaterOnes) {
    const auto put_dated = [this](const std::string& id, std::int64_t date_ms) {
        const bson::Document document =
            bson::Builder().string("_id", id).string("park_id", "park").date("updated_ts", date_ms).take();
        world_.put_as_is("work_rules", document.view());
    };
    come_to_rest("work_rules");
    // Two batches, so that the cursor is moved in the middle of the read, too.
    for (const char* id : {"absurd 1", "absurd 2", "absurd 3"}) {
        put_dated(id, std::numeric_limits<std::int64_t>::min());
    }
    EXPECT_EQ(run("work_rules", {}).created, 3U);
    put_dated("early", 1'000);
    EXPECT_EQ(run("work_rules", {}).created, 1U);
}

/// Parks that have been linked just now; no pass over their rules has run yet.
class FirstMirrorPass : public MirrorPassCounts {
protected:
    FirstMirrorPass() {
        put("parks", R"("_id": "second", "login": "second", "city_id": "Chicago", "is_active": true)");
        world_.forget_cursors();
        run("parks", {});
        put("work_rules", R"("_id": "of second", "park_id": "second")");
    }
    /// How often a pass over the rules reads on by that call.
    int reads_of(const std::string& call, const std::function<void()>& pass) {
        int reads = 0;
        world_.interfere([&](const Step& step) {
            reads += step.call == "work_rules." + call && step.phase == Phase::before ? 1 : 0;
            return Delivery::once;
        });
        pass();
        world_.interfere([](const Step&) { return Delivery::once; });
        return reads;
    }
    std::size_t children_of_rules() {
        std::size_t children = 0;
        for (const bson::Document& rule : world_.documents("work_rules")) {
            children += rule.view().find("parent_rule_id") ? 1 : 0;
        }
        return children;
    }
};

TEST_F(FirstMirrorPass, ReadsRulesOnceThoughTheirParksWaitForABackfill) {
    world_.put_as_is("work_rules", bson::from_json(R"({"_id": "without updated_ts", "park_id": "second"})").view());
    ASSERT_FALSE(world_.backfills("work_rules", "vezet").empty());
    RunCounts counts;
    EXPECT_EQ(reads_of("changed_since.next", [&] { counts = run("work_rules", {}); }), 0) << "everything was read";
    EXPECT_EQ(counts.created, 2U);
    EXPECT_TRUE(world_.backfills("work_rules", "vezet").empty());
    EXPECT_EQ(reads_of("all.next", [&] { run("work_rules", {}); }), 0) << "the cursor has been set";
}

TEST_F(FirstMirrorPass, LeavesTheBackfillOfAParkThatIsLinkedMeanwhileToTheNext) {
    bool is_linked = false;
    world_.interfere([&](const Step& step) {
        if (step.call == "work_rules.all.next" && step.phase == Phase::before && !std::exchange(is_linked, true)) {
            put("work_rules", R"("_id": "of third", "park_id": "third")");
            put("parks", R"("_id": "third", "login": "third", "city_id": "Chicago", "is_active": true)");
            Replica(world_, platform_, "another",
                    {.pass = {.execution = Execution::inline_}, .family = family_, .seed = 1})
                .run_job(entity("parks"), {})
                .value();
        }
        return Delivery::once;
    });
    run("work_rules", {});
    ASSERT_TRUE(is_linked);
    EXPECT_FALSE(world_.backfills("work_rules", "vezet").empty());
    run("work_rules", {});
    EXPECT_TRUE(world_.backfills("work_rules", "vezet").empty());
    EXPECT_EQ(children_of_rules(), 4U);
}

/// Users of a mirrored park, all in step. Their logins are unique in it.
class MirrorPassLogins : public MirrorPassCounts {
protected:
    MirrorPassLogins() {
        for (const char* login : {"anna", "bob", "carl"}) {
            put_user(std::string("u-") + login, login);
        }
        come_to_rest_of_users();
    }
    void put_user(const std::string& id, const std::string& login) {
        put("users", R"("_id": ")" + id + R"(", "park_id": "park", "login": ")" + login + R"(", "is_enabled": true)");
    }
    void come_to_rest_of_users() {
        world_.advance(100'000);
        (void)run("users", {});
        world_.advance(100'000);
        (void)run("users", {});
    }
    std::string login_of_child(const std::string& parent_id) {
        for (const auto& stored : world_.links("users")) {
            if (stored.link.parent_id.value() == parent_id) {
                const auto child = world_.document("users", id_key(stored.link.child_id.value()));
                return child ? std::string(child->view().find("login")->string()) : "no child";
            }
        }
        return "no link";
    }
    void expect_logins(const std::string& anna, const std::string& bob, const std::string& carl) {
        EXPECT_EQ(login_of_child("u-anna"), anna);
        EXPECT_EQ(login_of_child("u-bob"), bob);
        EXPECT_EQ(login_of_child("u-carl"), carl);
        EXPECT_EQ(world_.quarantine().size(), 1U) << "nobody but the rule";
    }
};

TEST_F(MirrorPassLogins, ThatAreExchangedInOneBatchAreExchangedInOnePass) {
    put_user("u-anna", "bob");
    put_user("u-bob", "anna");
    (void)run("users", {});
    expect_logins("bob", "anna", "carl");
}

TEST_F(MirrorPassLogins, ThatAreExchangedAcrossBatchesAreExchangedInOnePass) {
    // Two documents make a batch.
    put_user("u-anna", "bob");
    put_user("u-carl", "anna");
    put_user("u-bob", "carl");
    (void)run("users", {});
    expect_logins("bob", "carl", "anna");
}

TEST_F(MirrorPassLogins, OneThatWasGivenUpGoesToSomebodyNewInTheSamePass) {
    put_user("u-anna", "anne");
    put_user("u-new", "anna");
    (void)run("users", {});
    expect_logins("anne", "bob", "carl");
    EXPECT_EQ(login_of_child("u-new"), "anna");
}

TEST_F(MirrorPassLogins, OneOfSomebodyWhoIsGoneGoesToSomebodyNewInTheSamePass) {
    world_.erase("users", id_key("u-anna"));
    put_user("u-new", "anna");
    (void)run("users", {});
    EXPECT_EQ(login_of_child("u-new"), "anna");
    EXPECT_EQ(world_.quarantine().size(), 1U);
}

}  // namespace
}  // namespace testing
}  // namespace twinfleet::mirroring
