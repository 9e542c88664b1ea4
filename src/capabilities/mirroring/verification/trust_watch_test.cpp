#include "capabilities/mirroring/verification/trust_watch.hpp"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "capabilities/mirroring/testing/mirrored_rules.hpp"

namespace twinfleet::mirroring::testing {
namespace {

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

class TrustWatchTest : public MirroredRules {
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
    const platform::SystemClock clock_{};
    JobMetrics metrics_{registry_, clock_};
    TrustWatch watch_{ages_, links_, stores_, metrics_, {family_}, std::chrono::seconds(60)};
};

TEST_F(TrustWatchTest, AJobIsStalledWhenOldChangesWaitAndItsCursorRests) {
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

TEST_F(TrustWatchTest, ChangesWithADateCountAsWell) {
    ages_.cursor_age = std::chrono::seconds(61);
    world_.put_as_is("work_rules", bson::from_json(R"({"_id": "r9", "park_id": "park", "updated_ts":
        {"$date": {"$numberLong": ")" + std::to_string(world_.now_ms()) +
                                                   R"("}}})"));
    EXPECT_EQ(stalled(), 0);
    world_.advance(61'000);
    EXPECT_EQ(stalled(), 1);
}

TEST_F(TrustWatchTest, TellsTheAgeOfTheVerification) {
    (void)stalled();
    EXPECT_THAT(
        registry_.text(),
        ::testing::ContainsRegex(R"(fleet_sync_oldest_verified_age_seconds.family="vezet",job="work_rules". 5[01])"));
}

}  // namespace
}  // namespace twinfleet::mirroring::testing
