// What makes the mirror trustworthy, over stores in memory: foreign edits are found, recorded and put right, `verify`
// goes on where it was, and a job that stands still is noticed.
#include <array>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "capabilities/mirroring/entities/entity_table.hpp"
#include "capabilities/mirroring/testing/replica.hpp"
#include "capabilities/mirroring/verification/trust_watch.hpp"
#include "capabilities/mirroring/verification/verify.hpp"
#include "platform/errors/store_error.hpp"

namespace twinfleet::mirroring::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

/// A mirrored park with five rules, all in step.
class Trust : public ::testing::Test {
protected:
    Trust() {
        put("parks", R"("_id": "park", "login": "park", "city_id": "Chicago", "is_active": true)");
        for (const char* id : {"r1", "r2", "r3", "r4", "r5"}) {
            put("work_rules", R"("_id": ")" + std::string(id) + R"(", "park_id": "park", "name": "Rule")");
        }
        run("parks", {.mode = Mode::full});
        run("work_rules", {.mode = Mode::full});
        world_.advance(100'000);
        run("work_rules", {});
    }

    void put(const std::string& collection, const std::string& fields) {
        world_.put(collection, bson::from_json("{" + fields + "}").view());
    }
    RunCounts run(const std::string& job, const PassRequest& request) {
        return replica_.run_job(entity(job), request).value().counts;
    }
    RunCounts verify_by_pass() { return run("work_rules", {.mode = Mode::full, .verify_children = true}); }
    std::string child_id(const std::string& parent_id) {
        for (const auto& stored : world_.links("work_rules")) {
            if (stored.link.parent_id.value() == parent_id) {
                return stored.link.child_id.value();
            }
        }
        return {};
    }
    /// Somebody gives the rule another name.
    void rename_child(const std::string& parent_id, const std::string& name = "Foreign") {
        const auto child = world_.document("work_rules", id_key(child_id(parent_id))).value();
        bson::Builder renamed;
        for (const bson::Element& element : child.view()) {
            if (element.key == "name") {
                renamed.string("name", name);
            } else {
                renamed.copy(element);
            }
        }
        world_.put("work_rules", renamed.take());
    }

    FakeWorld world_;
    Platform platform_{world_};
    const domain::AppFamily family_{"vezet"};
    const PassSettings settings_{.batch = {.documents_max = 2}, .execution = Execution::inline_};
    Replica replica_{world_, platform_, "worker", {.pass = settings_, .family = family_}};
};

TEST_F(Trust, AForeignEditIsRecordedAndPutRight) {
    rename_child("r2");
    EXPECT_EQ(verify_by_pass().updated, 1U);
    const auto records = world_.foreign_edits();
    ASSERT_THAT(records, SizeIs(1));
    EXPECT_EQ(records[0].entity, "work_rules");
    EXPECT_EQ(records[0].edit.kind, ForeignEdit::Kind::changed);
    EXPECT_EQ(records[0].edit.parent_id.value(), "r2");
    EXPECT_EQ(records[0].edit.parent_park_id.value(), "park");
    EXPECT_EQ(records[0].edit.child_id.value(), child_id("r2"));
    EXPECT_EQ(records[0].edit.fields, R"({"name":{"was":"Foreign","became":"Rule"}})");
    EXPECT_EQ(verify_by_pass().updated, 0U);
    EXPECT_THAT(world_.foreign_edits(), SizeIs(1));
}

TEST_F(Trust, ARemovedChildIsRecordedAndMadeAgain) {
    const std::string id = child_id("r2");
    world_.erase("work_rules", id_key(id));
    EXPECT_EQ(verify_by_pass().created, 1U);
    ASSERT_THAT(world_.foreign_edits(), SizeIs(1));
    EXPECT_EQ(world_.foreign_edits()[0].edit.kind, ForeignEdit::Kind::removed);
    EXPECT_EQ(world_.foreign_edits()[0].edit.child_id.value(), id);
    EXPECT_TRUE(world_.document("work_rules", id_key(id)));
}

TEST_F(Trust, AChangeOfTheParentIsNoForeignEdit) {
    put("work_rules", R"("_id": "r2", "park_id": "park", "name": "New")");
    EXPECT_EQ(verify_by_pass().updated, 1U);
    EXPECT_THAT(world_.foreign_edits(), IsEmpty());
}

TEST_F(Trust, AnEditThatMeetsAChangeOfTheParentCannotBeTold) {
    rename_child("r2");
    put("work_rules", R"("_id": "r2", "park_id": "park", "name": "New")");
    EXPECT_EQ(run("work_rules", {}).updated, 1U);
    EXPECT_THAT(world_.foreign_edits(), IsEmpty());
}

TEST_F(Trust, APassThatDiedInTheMiddleOfAWriteIsNoForeigner) {
    put("work_rules", R"("_id": "r2", "park_id": "park", "name": "New")");
    world_.interfere([](const Step& step) {
        if (step.call == "links.record_outcome" && step.phase == Phase::before) {
            throw Crash();
        }
        return Delivery::once;
    });
    EXPECT_THROW(run("work_rules", {}), Crash);
    world_.interfere([](const Step&) { return Delivery::once; });
    world_.advance(100'000);
    // The parent goes back to what the child was before the crash.
    put("work_rules", R"("_id": "r2", "park_id": "park", "name": "Rule")");
    Replica another(world_, platform_, "another", {.pass = settings_, .family = family_});
    const auto result = another.run_job(entity("work_rules"), {.mode = Mode::full, .verify_children = true});
    EXPECT_EQ(result.value().counts.updated, 1U);
    EXPECT_THAT(world_.foreign_edits(), IsEmpty());
}

/// `verify` over the same stores.
class TrustVerify : public Trust {
protected:
    VerificationSummary verify_from(const VerifyCheckpoint& start, std::stop_token stop = {},
                                    std::string_view of_entity = "work_rules") {
        FakeLinkStore links(world_);
        FakeUniqueDriverStore unique_drivers(world_);
        std::vector<std::unique_ptr<FakeEntityStore>> owned;
        std::map<std::string, EntityStore*, std::less<>> stores;
        for (const Entity& of : entities()) {
            owned.push_back(std::make_unique<FakeEntityStore>(world_, of));
            stores.emplace(of.name, owned.back().get());
        }
        RandomIdSource ids;
        const platform::SystemClock clock;
        const World world{.links = links,
                          .stores = stores,
                          .unique_drivers = unique_drivers,
                          .ids = ids,
                          .clock = clock,
                          .park_enabled = [](const ParentFacts&, const domain::AppFamily&) { return true; },
                          .on_operation = {},
                          .on_untaught_reference = {}};
        const VerifyListener listener{.on_difference =
                                          [&](const FoundDifference& found) {
                                              told_.push_back(found.parent_id);
                                              types_.push_back(found.type);
                                          },
                                      .on_checkpoint =
                                          [&](const VerifyCheckpoint& reached, const VerificationSummary& summary) {
                                              reached_ = reached;
                                              checked_ = summary.checked;
                                              if (on_checkpoint_) {
                                                  on_checkpoint_();
                                              }
                                          }};
        return verify(world, entity(of_entity), family_, {}, settings_, start, listener, std::move(stop));
    }

    std::vector<std::string> told_;
    std::vector<DifferenceType> types_;
    VerifyCheckpoint reached_;
    std::uint64_t checked_ = 0;
    std::function<void()> on_checkpoint_;
};

TEST_F(TrustVerify, GoesOnWhereItWas) {
    rename_child("r1");
    rename_child("r5");
    std::stop_source stop;
    on_checkpoint_ = [&] { stop.request_stop(); };
    EXPECT_FALSE(verify_from({}, stop.get_token()).is_complete);
    EXPECT_EQ(reached_.phase, VerifyPhase::links);
    EXPECT_EQ(reached_.after, domain::ParentId("r2"));
    EXPECT_EQ(checked_, 2U);
    EXPECT_THAT(told_, ElementsAre("r1"));

    on_checkpoint_ = {};
    const VerificationSummary rest = verify_from(reached_);
    EXPECT_TRUE(rest.is_complete);
    EXPECT_EQ(rest.checked, 3U);
    EXPECT_EQ(rest.differences, 1U);
    EXPECT_THAT(told_, ElementsAre("r1", "r5"));
    EXPECT_EQ(reached_.phase, VerifyPhase::source);
}

TEST_F(TrustVerify, WhatHasNoLinkIsFoundInTheSource) {
    put("work_rules", R"("_id": "r6", "park_id": "park", "name": "Rule")");
    rename_child("r1");
    const VerificationSummary summary = verify_from({.phase = VerifyPhase::source, .after = std::nullopt});
    EXPECT_EQ(summary.checked, 0U) << "links were looked at before";
    EXPECT_THAT(told_, ElementsAre("r6"));
}

TEST_F(TrustVerify, WhatGrantsTooMuchIsTold) {
    put("groups", R"("_id": "g1", "park_id": "park", "name": "Office", "grants": ["cars_edit"], "is_super": true)");
    put("groups", R"("_id": "g2", "park_id": "park", "name": "Office", "grants": ["cars_view"], "is_super": false)");
    run("groups", {.mode = Mode::full});
    EXPECT_EQ(verify_from({}, {}, "groups").differences, 0U);
    for (const auto& [stored_family, link] : world_.links("groups")) {
        const bool is_first = link.parent_id.value() == "g1";
        put("groups", R"("_id": ")" + link.child_id.value() + R"(", "park_id": ")" + link.child_park_id.value() +
                          R"(", "name": "Renamed", "read_only": true, "is_super": )" + (is_first ? "false" : "true") +
                          R"(, "grants": [")" + (is_first ? "cars_edit" : "cars_view") + R"("], "parent_group_id": ")" +
                          link.parent_id.value() + "\"");
    }
    EXPECT_EQ(verify_from({}, {}, "groups").differences, 2U);
    EXPECT_THAT(types_, ElementsAre(DifferenceType::grants, DifferenceType::grants));
}

class KnownAges final : public VerificationStore {
public:
    std::optional<VerifyPosition> position(const std::string&, std::chrono::hours) override { return std::nullopt; }
    void keep_position(const std::string&, const VerifyPosition&) override {}
    void forget_position(const std::string&) override {}
    bool decide_round(const Entity&, const domain::AppFamily&, std::int64_t, Time, std::chrono::milliseconds) override {
        return false;
    }
    void round_completed(const Entity&, const domain::AppFamily&, Time) override {}
    std::vector<JobAges> ages(std::span<const domain::AppFamily>) override {
        return {{"work_rules", "vezet", std::chrono::seconds(50), cursor_age}};
    }

    std::chrono::seconds cursor_age{0};
};

class TrustWatched : public Trust {
protected:
    double stalled() {
        watch_.look();
        metrics_.update_ages();
        return registry_
            .gauges("fleet_sync_stalled",
                    "Whether the source has changes that are not mirrored though they are old, and the "
                    "cursor does not move",
                    {"job", "family"})
            .with({"work_rules", "vezet"})
            .value();
    }

    KnownAges ages_;
    FakeLinkStore links_{world_};
    FakeEntityStore rules_{world_, entity("work_rules")};
    const std::map<std::string, EntityStore*, std::less<>> stores_{{"work_rules", &rules_}};
    metrics::Registry registry_;
    const platform::SystemClock clock_;
    JobMetrics metrics_{registry_, clock_};
    TrustWatch watch_{ages_, links_, stores_, metrics_, {family_}, std::chrono::seconds(60)};
};

TEST_F(TrustWatched, AJobIsStalledWhenOldChangesWaitAndItsCursorRests) {
    ages_.cursor_age = std::chrono::seconds(61);
    EXPECT_EQ(stalled(), 0) << "there are no changes";
    put("work_rules", R"("_id": "r2", "park_id": "park", "name": "New")");
    EXPECT_EQ(stalled(), 0) << "the change is young";
    world_.advance(61'000);
    EXPECT_EQ(stalled(), 1);
    ages_.cursor_age = std::chrono::seconds(59);
    EXPECT_EQ(stalled(), 0) << "the cursor has moved";
    ages_.cursor_age = std::chrono::seconds(61);
    EXPECT_EQ(stalled(), 1);
    run("work_rules", {});
    EXPECT_EQ(stalled(), 0) << "the change is mirrored";
}

TEST_F(TrustWatched, ChangesWithADateCountAsWell) {
    ages_.cursor_age = std::chrono::seconds(61);
    world_.put_as_is("work_rules", bson::from_json(R"({"_id": "r9", "park_id": "park", "updated_ts":
        {"$date": {"$numberLong": ")" + std::to_string(world_.now_ms()) +
                                                   R"("}}})"));
    EXPECT_EQ(stalled(), 0);
    world_.advance(61'000);
    EXPECT_EQ(stalled(), 1);
}

TEST_F(TrustWatched, TellsTheAgeOfTheVerification) {
    (void)stalled();
    EXPECT_THAT(
        registry_.text(),
        ::testing::ContainsRegex(R"(fleet_sync_oldest_verified_age_seconds.family="vezet",job="work_rules". 5[01])"));
}

}  // namespace
}  // namespace twinfleet::mirroring::testing
