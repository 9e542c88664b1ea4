#include "capabilities/mirroring/passes/references.hpp"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "capabilities/mirroring/entities/entity_table.hpp"
#include "capabilities/mirroring/passes/batch_planner.hpp"
#include "capabilities/mirroring/testing/fake_stores.hpp"
#include "platform/clock/testing/manual_clock.hpp"

namespace twinfleet::mirroring {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// A driver of a mirrored park, who is to be mirrored, and the car that he names.
class ReferenceResolverTest : public ::testing::Test {
protected:
    ReferenceResolverTest() {
        fakes_.link_park("park", "child park");
        fakes_.put("drivers", R"("_id": "driver", "park_id": "park", "work_status": "working", "car_id": "car")");
    }

    void link_car(const std::string& park_id, LinkState state = LinkState::linked) {
        fakes_.link("cars",
                    {.parent_id = domain::ParentId("car"),
                     .parent_park_id = domain::ParentParkId(park_id),
                     .child_id = domain::ChildId("child car"),
                     .child_park_id = domain::ChildParkId("child park"),
                     .state = state},
                    fakes_.family);
    }
    /// What has to be made comes to `made`, and gets a child if `makes_children`.
    std::unique_ptr<MirrorBatch> resolve(BatchSettings settings = {.rules = {.create_by_name = true}}) {
        const BatchContext context(fakes_.environment, entity("drivers"), fakes_.family, std::move(settings));
        ParkStandings parks(fakes_.stores.links, fakes_.family);
        ReferenceResolver references(context, [&](const Entity& target, DocumentBatch&& parents) {
            auto batch = std::make_unique<MirrorBatch>();
            for (std::size_t i = 0; i < parents.size(); ++i) {
                made_.push_back(std::string(target.name) + " " + std::string(parents[i].find("_id")->string()));
                batch->items.emplace_back();
                MirrorBatch::Item& item = batch->items.back();
                item.parent.id = parents[i].find("_id")->string();
                item.parent.park_id = parents[i].find("park_id")->string();
                item.link.emplace();
                item.link->parent_id = domain::ParentId(item.parent.id);
                item.link->parent_park_id = domain::ParentParkId(park_of_made_link_);
                item.link->state = LinkState::linked;
                item.is_to_be_recorded = makes_children_;
            }
            return batch;
        });
        BatchPlanner planner(context, parks, references);
        auto batch = planner.gather(fakes_.fetch("drivers", {"driver"}));
        planner.resolve(*batch);
        return batch;
    }
    static const Link* car_of(const MirrorBatch& batch) { return batch.references.find(entity("cars"), "car", "park"); }

    testing::FakeEnvironment fakes_;
    bool makes_children_ = true;
    std::string park_of_made_link_ = "park";
    std::vector<std::string> made_;
};

TEST_F(ReferenceResolverTest, AChildThatIsThereIsFoundAndNoneIsMade) {
    link_car("park");
    const auto batch = resolve();
    ASSERT_NE(car_of(*batch), nullptr);
    EXPECT_EQ(car_of(*batch)->child_id.value(), "child car");
    EXPECT_THAT(made_, IsEmpty());
}

TEST_F(ReferenceResolverTest, AChildThatIsMissingIsMade) {
    fakes_.put("cars", R"("_id": "car", "park_id": "park")");
    const auto batch = resolve();
    EXPECT_THAT(made_, ElementsAre("cars car"));
    EXPECT_NE(car_of(*batch), nullptr);
}

TEST_F(ReferenceResolverTest, WhatDoesNotExistOrIsOfAnotherParkGetsNoChild) {
    EXPECT_EQ(car_of(*resolve()), nullptr);
    fakes_.put("cars", R"("_id": "car", "park_id": "another park")");
    EXPECT_EQ(car_of(*resolve()), nullptr);
    EXPECT_THAT(made_, IsEmpty());
}

TEST_F(ReferenceResolverTest, WhatIsInQuarantineIsNotReferredToThoughItHasAChild) {
    link_car("park");
    fakes_.put("cars", R"("_id": "car", "park_id": "park")");
    fakes_.put_into_quarantine("cars", "car", "park");
    EXPECT_EQ(car_of(*resolve()), nullptr);
    EXPECT_THAT(made_, IsEmpty());
}

TEST_F(ReferenceResolverTest, AnEmptyQuarantineIsAskedAboutOnceASecondAndAFullOneEachTime) {
    link_car("park");
    platform::testing::ManualClock clock;
    MirrorEnvironment environment{.stores = fakes_.stores.stores(), .clock = clock, .park_enabled = {}};
    const BatchContext context(environment, entity("drivers"), fakes_.family, {.rules = {.create_by_name = true}});
    ParkStandings parks(fakes_.stores.links, fakes_.family);
    ReferenceResolver references(context,
                                 [](const Entity&, DocumentBatch&&) { return std::make_unique<MirrorBatch>(); });
    BatchPlanner planner(context, parks, references);
    int questions = 0;
    fakes_.world.interfere([&](const testing::Step& step) {
        questions += step.call == "links.count_quarantined" && step.phase == testing::Phase::before ? 1 : 0;
        return testing::Delivery::once;
    });
    const auto refers_to_car = [&] {
        auto batch = planner.gather(fakes_.fetch("drivers", {"driver"}));
        questions = 0;
        planner.resolve(*batch);
        return car_of(*batch) != nullptr;
    };
    EXPECT_TRUE(refers_to_car());
    EXPECT_EQ(questions, 1);
    EXPECT_TRUE(refers_to_car());
    EXPECT_EQ(questions, 0);
    fakes_.put_into_quarantine("cars", "car", "park");
    clock.advance(std::chrono::seconds(1));
    EXPECT_FALSE(refers_to_car());
    EXPECT_EQ(questions, 1);
    EXPECT_FALSE(refers_to_car());
    EXPECT_EQ(questions, 1);
}

TEST_F(ReferenceResolverTest, AnExaminationMakesNone) {
    fakes_.put("cars", R"("_id": "car", "park_id": "park")");
    EXPECT_EQ(car_of(*resolve({.rules = {.create_by_name = true}, .only_examines = true})), nullptr);
    EXPECT_THAT(made_, IsEmpty());
}

TEST_F(ReferenceResolverTest, NobodyWhoIsNotMirroredNeedsAnything) {
    fakes_.put("cars", R"("_id": "car", "park_id": "park")");
    EXPECT_EQ(car_of(*resolve(BatchSettings{})), nullptr) << "drivers are mirrored on demand";
    EXPECT_THAT(made_, IsEmpty());
}

TEST_F(ReferenceResolverTest, WhatItsJobHasNotGotToYetIsLookedAtByBothJobsAgain) {
    link_car("former park");
    fakes_.put("cars", R"("_id": "car", "park_id": "park")");
    makes_children_ = false;
    park_of_made_link_ = "former park";
    const auto batch = resolve();
    EXPECT_EQ(car_of(*batch), nullptr);
    EXPECT_THAT(batch->outcome.backfills_requested, ElementsAre(Backfill{"cars", domain::ParentParkId("park")},
                                                                Backfill{"drivers", domain::ParentParkId("park")}));
}

}  // namespace
}  // namespace twinfleet::mirroring
