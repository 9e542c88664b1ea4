#include "capabilities/mirroring/creation/create_child.hpp"

#include <algorithm>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "capabilities/mirroring/planner/plan.hpp"
#include "capabilities/mirroring/testing/fake_stores.hpp"

namespace twinfleet::mirroring {

std::ostream& operator<<(std::ostream& out, const CreationStep& step) {
    return out << step.step << " " << step.outcome;
}

namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

/// A mirrored park with a driver, who works, a car and a rule.
class CreateChildTest : public ::testing::Test {
protected:
    CreateChildTest() {
        put_park("park", "");
        fakes_.link_park("park", "child park");
        put_park("child park", R"(, "fleet_type": "vezet")");
        fakes_.put("cars", R"("_id": "car", "park_id": "park")");
        fakes_.put("work_rules", R"("_id": "rule", "park_id": "park")");
        put_driver("driver", "park", R"("car_id": "car", "rule_id": "rule")");
    }

    void put_park(const std::string& id, const std::string& more) {
        fakes_.put("parks", R"("_id": ")" + id + R"(", "login": ")" + id + "\"" + more);
    }
    void put_driver(const std::string& id, const std::string& park, const std::string& more = R"("x": 1)",
                    const std::string& work_status = "working") {
        fakes_.put("drivers", R"("_id": ")" + id + R"(", "park_id": ")" + park + R"(", "work_status": ")" +
                                  work_status + "\", " + more);
    }
    CreationAnswer create(const std::string& id) {
        return create_child_driver(fakes_.environment, fakes_.family, domain::ParentId(id));
    }
    CreationRefused refusal_of(const std::string& id) {
        const CreationAnswer answer = create(id);
        EXPECT_TRUE(std::holds_alternative<CreationRefused>(answer)) << "a child was made";
        return std::holds_alternative<CreationRefused>(answer) ? std::get<CreationRefused>(answer) : CreationRefused{};
    }
    void expect_refused(const std::string& id, CreationRefusal refusal, const std::string& reason = "") {
        const std::size_t links_before = fakes_.world.links("drivers").size();
        const auto refused = refusal_of(id);
        EXPECT_EQ(to_string(refused.refusal), to_string(refusal));
        EXPECT_EQ(refused.reason, reason);
        EXPECT_THAT(refused.steps, Contains(::testing::Field(&CreationStep::outcome, "refused")));
        EXPECT_THAT(fakes_.world.links("drivers"), SizeIs(links_before)) << "a refusal leaves no link";
        EXPECT_THAT(fakes_.world.links("cars"), IsEmpty()) << "nor a child of what the driver needs";
        EXPECT_THAT(fakes_.world.quarantine(), SizeIs(quarantined_)) << "nor an entry in quarantine unasked";
    }
    void expect_quarantined(const std::string& id, const std::string& reason) {
        const auto entries = fakes_.world.quarantine();
        const auto found = std::ranges::find_if(entries, [&](const QuarantineEntry& entry) {
            return entry.entity == "drivers" && entry.parent.parent_id == id;
        });
        ASSERT_NE(found, entries.end()) << id;
        EXPECT_EQ(found->parent.reason, reason);
    }

    testing::FakeEnvironment fakes_;
    std::size_t quarantined_ = 0;
};

TEST_F(CreateChildTest, MakesTheDriverWithHisCarAndRuleOnce) {
    const auto made = std::get<ChildDriver>(create("driver"));
    EXPECT_TRUE(made.created);
    EXPECT_EQ(made.park_id.value(), "child park");
    EXPECT_EQ(made.car_id, fakes_.link_of("cars", "car")->child_id);
    EXPECT_EQ(made.rule_id, fakes_.link_of("work_rules", "rule")->child_id);

    const auto there = std::get<ChildDriver>(create("driver"));
    EXPECT_FALSE(there.created);
    EXPECT_EQ(there.driver_id, made.driver_id);
    EXPECT_EQ(there.car_id, made.car_id);
    EXPECT_EQ(there.rule_id, made.rule_id);
}

TEST_F(CreateChildTest, NobodyKnowsHim) {
    expect_refused("nobody", CreationRefusal::driver_not_found);
    expect_refused("", CreationRefusal::driver_not_found);
    expect_refused("\xff", CreationRefusal::driver_not_found);
}

TEST_F(CreateChildTest, HisParkIsNotMirrored) {
    put_park("far", "");
    put_driver("of far", "far");
    expect_refused("of far", CreationRefusal::park_not_mirrored);
}

TEST_F(CreateChildTest, HeNamesNoPark) {
    put_driver("homeless", "");
    expect_refused("homeless", CreationRefusal::park_not_mirrored);
}

TEST_F(CreateChildTest, HisParkWaitsForItsChild) {
    put_park("new", "");
    fakes_.link_park("new", "child of new", LinkState::reserved);
    put_driver("of new", "new");
    expect_refused("of new", CreationRefusal::park_not_mirrored);
}

TEST_F(CreateChildTest, HisParkIsRetired) {
    fakes_.link_park("gone", "child of gone", LinkState::retired);
    put_driver("of gone", "gone");
    expect_refused("of gone", CreationRefusal::park_not_mirrored);
}

TEST_F(CreateChildTest, HeDoesNotWork) {
    put_driver("fired", "park", R"("car_id": "car")", "fired");
    put_driver("resting", "park", R"("car_id": "car")", "not_working");
    fakes_.put("drivers", R"("_id": "vague", "park_id": "park", "work_status": 1)");
    for (const char* id : {"fired", "resting", "vague"}) {
        expect_refused(id, CreationRefusal::driver_not_working);
    }
}

TEST_F(CreateChildTest, HeIsAChildThatTheMirrorMade) {
    const auto made = std::get<ChildDriver>(create("driver"));
    EXPECT_EQ(refusal_of(made.driver_id.value()).refusal, CreationRefusal::driver_is_child);
    // Wherever somebody has moved him.
    put_driver(made.driver_id.value(), "park");
    EXPECT_EQ(refusal_of(made.driver_id.value()).refusal, CreationRefusal::driver_is_child);
    EXPECT_THAT(fakes_.world.links("drivers"), SizeIs(1));
}

TEST_F(CreateChildTest, HeLivesInAChildPark) {
    put_driver("of child", "child park");
    expect_refused("of child", CreationRefusal::driver_is_child);
    // Of another installation, say: no link tells.
    put_park("foreign child", R"(, "fleet_type": "other")");
    put_driver("of foreign child", "foreign child");
    expect_refused("of foreign child", CreationRefusal::driver_is_child);
}

TEST_F(CreateChildTest, SomebodyHasMadeAChildOfHisMirroredPark) {
    put_park("park", R"(, "fleet_type": "vezet")");
    expect_refused("driver", CreationRefusal::driver_is_child);
}

TEST_F(CreateChildTest, HeCannotBeMirrored) {
    fakes_.put("drivers", R"("_id": "adrift", "work_status": "working")");
    quarantined_ = 1;
    expect_refused("adrift", CreationRefusal::driver_quarantined, "bad_field:park_id");
    expect_quarantined("adrift", "bad_field:park_id");
}

TEST_F(CreateChildTest, HeIsTooLargeForAChild) {
    put_driver("large", "park", R"("note": ")" + std::string(document_bytes_max, 'x') + "\"");
    quarantined_ = 1;
    expect_refused("large", CreationRefusal::driver_quarantined, "too_large");
    expect_quarantined("large", "too_large");
}

TEST_F(CreateChildTest, HisParkIsInQuarantine) {
    fakes_.put_into_quarantine("parks", "park", "park");
    quarantined_ = 2;
    expect_refused("driver", CreationRefusal::driver_quarantined, "parent_quarantined");
    expect_quarantined("driver", "parent_quarantined");
}

TEST_F(CreateChildTest, HeHasAChildAndHisParkIsInQuarantine) {
    static_cast<void>(create("driver"));
    fakes_.put_into_quarantine("parks", "park", "park");
    EXPECT_EQ(refusal_of("driver").reason, "parent_quarantined");
    expect_quarantined("driver", "parent_quarantined");
    EXPECT_EQ(fakes_.link_of("drivers", "driver")->state, LinkState::linked);
}

TEST_F(CreateChildTest, AStoreThatWillNotHaveHisChildPutsHimIntoQuarantine) {
    fakes_.world.refuse_documents([](bson::View document) { return document.find("parent_driver_id").has_value(); });
    const CreationRefused refused = refusal_of("driver");
    EXPECT_EQ(refused.refusal, CreationRefusal::driver_quarantined);
    EXPECT_EQ(refused.reason, "write_refused");
    EXPECT_THAT(refused.steps, ElementsAre(CreationStep{"park", "found"}, CreationStep{"car", "made"},
                                           CreationStep{"rule", "made"}, CreationStep{"driver", "refused"}));
    EXPECT_THAT(fakes_.world.quarantine(), SizeIs(1));
}

TEST_F(CreateChildTest, AnswersComeInTheOrderOfTheQuestions) {
    put_driver("fired", "park", R"("x": 1)", "fired");
    put_driver("second", "park");
    const std::vector<domain::ParentId> ids{domain::ParentId("second"), domain::ParentId("nobody"),
                                            domain::ParentId("fired"), domain::ParentId("driver")};
    const auto answers = create_child_drivers(fakes_.environment, fakes_.family, ids);
    ASSERT_THAT(answers, SizeIs(4));
    EXPECT_EQ(std::get<ChildDriver>(answers[0]).driver_id, fakes_.link_of("drivers", "second")->child_id);
    EXPECT_EQ(std::get<CreationRefused>(answers[1]).refusal, CreationRefusal::driver_not_found);
    EXPECT_EQ(std::get<CreationRefused>(answers[2]).refusal, CreationRefusal::driver_not_working);
    EXPECT_EQ(std::get<ChildDriver>(answers[3]).driver_id, fakes_.link_of("drivers", "driver")->child_id);
}

TEST_F(CreateChildTest, AsksNoStoreTwiceForWhatItKnows) {
    std::vector<std::string> calls;
    fakes_.world.interfere([&](const testing::Step& step) {
        if (step.phase == testing::Phase::before) {
            calls.emplace_back(step.call);
        }
        return testing::Delivery::once;
    });
    put_driver("fired", "park", R"("x": 1)", "fired");
    EXPECT_EQ(refusal_of("fired").refusal, CreationRefusal::driver_not_working);
    EXPECT_THAT(calls, ElementsAre("drivers.fetch", "links.count_quarantined", "links.find_by_parent",
                                   "links.find_by_parent", "links.erased_among", "links.find_by_child", "parks.fetch"))
        << "the driver, his park's quarantine and link, his own link, whether he was erased, and whether he or his "
           "park "
           "is a child";
}

}  // namespace
}  // namespace twinfleet::mirroring
