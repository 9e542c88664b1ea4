#include "capabilities/mirroring/verification/verify.hpp"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "capabilities/mirroring/creation/create_child.hpp"
#include "capabilities/mirroring/testing/mirrored_rules.hpp"

namespace twinfleet::mirroring::testing {
namespace {

using ::testing::ElementsAre;

class Verify : public MirroredRules {
protected:
    VerificationSummary verify_from(const VerifyCheckpoint& start, std::stop_token stop = {},
                                    std::string_view of_entity = "work_rules") {
        const FakeEnvironment fakes(world_);
        const VerifyListener listener{.on_difference =
                                          [&](const FoundDifference& found) {
                                              told_.push_back(found.parent_id);
                                              types_.push_back(found.type);
                                              fields_.push_back(found.fields);
                                          },
                                      .on_checkpoint =
                                          [&](const VerifyCheckpoint& reached, const VerificationSummary& summary) {
                                              reached_ = reached;
                                              checked_ = summary.checked;
                                              if (on_checkpoint_) {
                                                  on_checkpoint_();
                                              }
                                          }};
        return verify(fakes.environment, entity(of_entity), family_, {}, settings_, start, listener, std::move(stop));
    }

    std::vector<std::string> told_;
    std::vector<DifferenceType> types_;
    std::vector<std::vector<std::string>> fields_;
    VerifyCheckpoint reached_;
    std::uint64_t checked_ = 0;
    std::function<void()> on_checkpoint_;
};

TEST_F(Verify, GoesOnWhereItWas) {
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

TEST_F(Verify, WhatHasNoLinkIsFoundInTheSource) {
    put("work_rules", R"("_id": "r6", "park_id": "park", "name": "Rule")");
    rename_child("r1");
    const VerificationSummary summary = verify_from({.phase = VerifyPhase::source, .after = std::nullopt});
    EXPECT_EQ(summary.checked, 0U) << "links were looked at before";
    EXPECT_THAT(told_, ElementsAre("r6"));
}

TEST_F(Verify, ALinkOfWhichNeitherParentNorChildIsThereIsTold) {
    world_.erase("work_rules", id_key("r2"));
    EXPECT_EQ(verify_from({}).differences, 1U) << "the child is there without its parent";
    world_.erase("work_rules", id_key(child_id("r2")));
    EXPECT_EQ(verify_from({}).differences, 1U) << "as in another cluster";
    EXPECT_THAT(told_, ElementsAre("r2", "r2"));
    EXPECT_THAT(types_, ElementsAre(DifferenceType::extra, DifferenceType::extra));
    run("work_rules", {.mode = Mode::full});
    EXPECT_EQ(verify_from({}).differences, 0U) << "it is retired";
}

TEST_F(Verify, WhatGrantsTooMuchIsTold) {
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

/// A driver with a child, whose licence is AB1.
class VerifyProfiles : public Verify {
protected:
    VerifyProfiles() {
        put_driver("AB 1");
        const FakeEnvironment fakes(world_);
        child_ = std::get<ChildDriver>(create_child_driver(fakes.environment, family_, domain::ParentId("driver")));
        run("drivers", {.mode = Mode::full, .verify_children = true});
    }

    void put_driver(const std::string& license) {
        put("drivers", R"("_id": "driver", "park_id": "park", "work_status": "working", "license": {"number": ")" +
                           license + R"("})");
    }
    void put_record(const std::string& id, const std::string& license, const std::string& profiles) {
        put("unique_drivers",
            R"("_id": ")" + id + R"(", "license": ")" + license + R"(", "profiles": [)" + profiles + "]");
    }
    [[nodiscard]] std::string profile(const std::string& park = "") const {
        return R"({"park_id": ")" + (park.empty() ? child_.park_id.value() : park) + R"(", "driver_id": ")" +
               child_.driver_id.value() + R"(", "app_family": "vezet"})";
    }
    /// The record that the mirror has made.
    [[nodiscard]] std::string record_id() const {
        return std::string(world_.documents("unique_drivers").front().view().find("_id")->string());
    }
    /// What a verification tells, and that a repair mends it.
    void expect_told_and_mended(const std::string& code) {
        EXPECT_EQ(verify_from({}, {}, "drivers").differences, 1U);
        EXPECT_THAT(told_, ElementsAre("driver"));
        EXPECT_THAT(types_, ElementsAre(DifferenceType::reference));
        EXPECT_THAT(fields_, ElementsAre(ElementsAre(code)));
        run("drivers", {.mode = Mode::full, .verify_children = true});
        EXPECT_EQ(verify_from({}, {}, "drivers").differences, 0U);
    }

    ChildDriver child_;
};

TEST_F(VerifyProfiles, OneInItsPlaceIsNoDifference) {
    const VerificationSummary summary = verify_from({}, {}, "drivers");
    EXPECT_EQ(summary.checked, 1U);
    EXPECT_EQ(summary.differences, 0U);
}

TEST_F(VerifyProfiles, OneThatStandsInNoRecordIsTold) {
    put_record(record_id(), "AB1", "");
    expect_told_and_mended("unique_driver:missing");
}

TEST_F(VerifyProfiles, OneThatStandsInTwoRecordsIsTold) {
    put_record("other", "XY", profile());
    expect_told_and_mended("unique_driver:twice");
}

TEST_F(VerifyProfiles, OneThatStandsInTheWrongRecordIsTold) {
    put_record(record_id(), "AB1", "");
    put_record("other", "XY", profile());
    expect_told_and_mended("unique_driver:wrong");
}

TEST_F(VerifyProfiles, OneWithAnotherParkIsTold) {
    put_record(record_id(), "AB1", profile("elsewhere"));
    expect_told_and_mended("unique_driver:content");
}

TEST_F(VerifyProfiles, ACorrectedLicenceIsFollowedByAnIncrementalPass) {
    world_.advance(100'000);
    put_driver("CD 2");
    run("drivers", {});
    EXPECT_EQ(verify_from({}, {}, "drivers").differences, 0U);
    std::size_t profiles = 0;
    for (const bson::Document& record : world_.documents("unique_drivers")) {
        for (const bson::Element& member : record.view().find("profiles")->document()) {
            EXPECT_EQ(record.view().find("license")->string(), "CD2");
            EXPECT_EQ(member.document().find("driver_id")->string(), child_.driver_id.value());
            ++profiles;
        }
    }
    EXPECT_EQ(profiles, 1U);
}

}  // namespace
}  // namespace twinfleet::mirroring::testing
