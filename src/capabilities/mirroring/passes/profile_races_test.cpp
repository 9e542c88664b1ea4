// Two who write the same driver, and where his profile stands afterwards.
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "capabilities/mirroring/entities/entity_table.hpp"
#include "capabilities/mirroring/passes/batch_mirror.hpp"
#include "capabilities/mirroring/testing/fake_stores.hpp"

namespace twinfleet::mirroring {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;

/// A driver of a mirrored park. A pass takes a batch of him alone.
class ProfileRaces : public ::testing::Test {
protected:
    ProfileRaces() {
        fakes_.put("parks", R"("_id": "park", "login": "park")");
        fakes_.link_park("park", "child park");
        put_license("L1");
        fakes_.world.interfere([this](const testing::Step& step) {
            if (step.phase == testing::Phase::before && step.call == "unique_drivers.place_profiles") {
                std::exchange(before_placing_, [] {})();
            }
            return testing::Delivery::once;
        });
    }

    /// One pass over the driver.
    class Pass {
    public:
        Pass(testing::FakeEnvironment& fakes, const std::string& job)
            : lease_(testing::FakeLeaseStore(fakes.world)
                         .acquire(job, fakes.family.name, "a test", std::chrono::hours(1))
                         .value()),
              mirror_(fakes.environment, entity("drivers"), fakes.family,
                      {.rules = {.read_every_child = true}, .lease = &lease_, .has_company = true}),
              batch_(mirror_.gather(fakes.fetch("drivers", {"driver"}))) {
            mirror_.prepare(*batch_);
            mirror_.write(*batch_);
        }
        void finish() { mirror_.finish(*batch_); }

    private:
        const Lease lease_;
        BatchMirror mirror_;
        std::unique_ptr<MirrorBatch> batch_;
    };

    void put_license(const std::string& license) {
        fakes_.put("drivers",
                   R"("_id": "driver", "park_id": "park", "work_status": "working", "license": {"number": ")" +
                       license + "\"}");
    }
    void create_on_demand() {
        BatchMirror mirror(fakes_.environment, entity("drivers"), fakes_.family,
                           {.rules = {.create_by_name = true}, .lease = nullptr});
        static_cast<void>(mirror.mirror_on_demand(fakes_.fetch("drivers", {"driver"})));
    }
    /// He gets another licence, which another pass sees to.
    void move_to_another_license() {
        put_license("L2");
        Pass(fakes_, "drivers").finish();
    }
    /// In whose records his child stands.
    std::vector<std::string> licenses() {
        std::vector<std::string> found;
        for (const bson::Document& record : fakes_.world.documents("unique_drivers")) {
            for (const bson::Element& profile : record.view().find("profiles")->document()) {
                static_cast<void>(profile);
                found.emplace_back(record.view().find("license")->string());
            }
        }
        return found;
    }
    [[nodiscard]] bool is_vouched_for() const { return fakes_.link_of("drivers", "driver")->source_hash.has_value(); }
    [[nodiscard]] std::vector<Backfill> backfills() const {
        return fakes_.world.backfills("drivers", fakes_.family.name);
    }

    testing::FakeEnvironment fakes_;
    /// What happens when a profile is about to be placed for the first time from now on.
    std::function<void()> before_placing_ = [] {};
};

TEST_F(ProfileRaces, APassThatAnotherOneHasOvertakenLeavesTheProfileToIt) {
    create_on_demand();
    Pass shard(fakes_, "shard of drivers");
    move_to_another_license();
    shard.finish();
    EXPECT_THAT(licenses(), ElementsAre("L2"));
    EXPECT_TRUE(is_vouched_for());
}

TEST_F(ProfileRaces, AProfileThatWasPutBackIsPlacedAgainByWhoComesNext) {
    create_on_demand();
    Pass shard(fakes_, "shard of drivers");
    before_placing_ = [this] { move_to_another_license(); };
    shard.finish();
    EXPECT_THAT(licenses(), ElementsAre("L1")) << "the race that this is about";
    EXPECT_FALSE(is_vouched_for());
    EXPECT_THAT(backfills(), Not(IsEmpty()));
    fakes_.world.advance(std::chrono::milliseconds(std::chrono::hours(2)).count());
    Pass(fakes_, "drivers").finish();
    EXPECT_THAT(licenses(), ElementsAre("L2"));
    EXPECT_TRUE(is_vouched_for());
}

TEST_F(ProfileRaces, ADriverWhomTheJobWritesWhileHeIsMadeComesToStandInOneRecord) {
    before_placing_ = [this] { move_to_another_license(); };
    create_on_demand();
    EXPECT_THAT(licenses(), ::testing::UnorderedElementsAre("L1", "L2")) << "the race that this is about";
    EXPECT_FALSE(is_vouched_for());
    fakes_.world.advance(std::chrono::milliseconds(std::chrono::hours(2)).count());
    Pass(fakes_, "drivers").finish();
    EXPECT_THAT(licenses(), ElementsAre("L2"));
    EXPECT_TRUE(is_vouched_for());
}

}  // namespace
}  // namespace twinfleet::mirroring
