// A child whose `updated_ts` was left empty: no reader of changes finds it until it is set.
#include <algorithm>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "capabilities/mirroring/testing/mirrored_rules.hpp"
#include "capabilities/mirroring/verification/verify.hpp"
#include "platform/errors/store_error.hpp"

namespace twinfleet::mirroring::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class EmptyTimes : public MirroredRules {
protected:
    void leave_time_empty(const std::string& id) {
        const auto document = world_.document("work_rules", id_key(id)).value();
        world_.put_as_is("work_rules", stamped(document, bson::Timestamp{}));
    }
    [[nodiscard]] bson::Document document(const std::string& id) const {
        return world_.document("work_rules", id_key(id)).value();
    }
    [[nodiscard]] bson::Timestamp time_of(const std::string& id) const {
        return document(id).view().find("updated_ts")->timestamp();
    }
    std::vector<std::string> fields_that_differ() {
        std::vector<std::string> fields;
        const FakeEnvironment fakes(world_);
        const VerifyListener listener{.on_difference =
                                          [&](const FoundDifference& found) {
                                              EXPECT_EQ(found.type, DifferenceType::content);
                                              fields.insert(fields.end(), found.fields.begin(), found.fields.end());
                                          },
                                      .on_checkpoint = [](const VerifyCheckpoint&, const VerificationSummary&) {}};
        (void)verify(fakes.environment, entity("work_rules"), family_, {}, settings_, {}, listener, {});
        return fields;
    }
};

TEST_F(EmptyTimes, AFullPassSetsThoseOfChildrenThoughNothingElseHasChanged) {
    leave_time_empty(child_id("r2"));
    leave_time_empty("r3");
    const bson::Document before = document(child_id("r2"));
    EXPECT_EQ(run("work_rules", {.mode = Mode::full}).updated, 1U);
    EXPECT_GT(time_of(child_id("r2")), bson::Timestamp{});
    EXPECT_EQ(document(child_id("r2")), stamped(before, time_of(child_id("r2"))));
    EXPECT_EQ(time_of("r3"), bson::Timestamp{}) << "a parent is nobody's to write";
    EXPECT_EQ(run("work_rules", {.mode = Mode::full}).updated, 0U);
}

TEST_F(EmptyTimes, TheFirstShardSetsThoseOfAllParks) {
    leave_time_empty(child_id("r2"));
    EXPECT_EQ(run("work_rules", {.mode = Mode::full, .shard = Shard{.index = 1, .count = 2}}).updated, 0U);
    EXPECT_EQ(run("work_rules", {.mode = Mode::full, .shard = Shard{.index = 0, .count = 2}}).updated, 1U);
    EXPECT_GT(time_of(child_id("r2")), bson::Timestamp{});
}

TEST_F(EmptyTimes, AVerifyingPassCountsEachOnceAndRecordsNoForeignEdit) {
    leave_time_empty(child_id("r2"));
    EXPECT_EQ(verify_by_pass().updated, 1U);
    EXPECT_GT(time_of(child_id("r2")), bson::Timestamp{});
    EXPECT_THAT(world_.foreign_edits(), IsEmpty());
    EXPECT_EQ(verify_by_pass().updated, 0U);
}

TEST_F(EmptyTimes, AChildOfAwkwardFieldNamesIsSetToo) {
    put("work_rules", R"("_id": "r6", "park_id": "park", "name": "Rule", "map": {"a.b": 1})");
    run("work_rules", {});
    leave_time_empty(child_id("r6"));
    const bson::Document before = document(child_id("r6"));
    EXPECT_EQ(run("work_rules", {.mode = Mode::full}).updated, 1U);
    EXPECT_GT(time_of(child_id("r6")), bson::Timestamp{});
    EXPECT_EQ(document(child_id("r6")), stamped(before, time_of(child_id("r6"))));
}

TEST_F(EmptyTimes, VerificationTellsThem) {
    EXPECT_THAT(fields_that_differ(), IsEmpty());
    leave_time_empty(child_id("r2"));
    EXPECT_THAT(fields_that_differ(), ElementsAre("updated_ts"));
}

TEST_F(EmptyTimes, WhoeverIsCutOffBetweenInsertAndTimeIsMendedByTheNextPass) {
    FakeWorld world({.keeps_empty_times = true});
    Platform platform(world);
    Replica replica(world, platform, "worker", {.pass = settings_, .family = family_});
    const auto put_in = [&](const char* collection, const std::string& fields) {
        world.put(collection, bson::from_json("{" + fields + "}").view());
    };
    put_in("parks", R"("_id": "park", "login": "park", "city_id": "Chicago", "is_active": true)");
    (void)replica.run_job(entity("parks"), {.mode = Mode::full});
    put_in("work_rules", R"("_id": "r1", "park_id": "park", "name": "Rule")");
    const auto children_with_empty_time = [&] {
        const auto documents = world.documents("work_rules");
        return std::ranges::count_if(documents, [](const bson::Document& document) {
            return document.view().find("updated_ts")->timestamp() == bson::Timestamp{};
        });
    };
    world.interfere([](const Step& step) {
        if (step.call == "work_rules.insert" && step.phase == Phase::within) {
            throw platform::StoreUnavailable("work_rules", "cut off");
        }
        return Delivery::once;
    });
    EXPECT_THROW((void)replica.run_job(entity("work_rules"), {}), platform::StoreUnavailable);
    EXPECT_EQ(children_with_empty_time(), 1);
    world.interfere({});
    (void)replica.run_job(entity("work_rules"), {});
    EXPECT_EQ(children_with_empty_time(), 0);
}

}  // namespace
}  // namespace twinfleet::mirroring::testing
