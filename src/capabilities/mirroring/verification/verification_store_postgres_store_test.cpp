#include <array>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "capabilities/mirroring/entities/entity_table.hpp"
#include "capabilities/mirroring/memory/verification/verification_store_postgres.hpp"
#include "capabilities/mirroring/testing/fresh_stores_postgres.hpp"

namespace twinfleet::mirroring {
namespace {

using std::chrono::hours;

class VerificationMemory : public ::testing::Test {
protected:
    void execute(const std::string& sql) {
        stores_.pool.transact([&](postgres::Transaction& transaction) { transaction.execute(sql); });
    }
    JobAges ages_of_cars() {
        for (const JobAges& ages : memory_.ages(families_)) {
            if (ages.entity == "cars") {
                return ages;
            }
        }
        ADD_FAILURE() << "no ages of cars";
        return {};
    }

    FreshPostgresStores stores_;
    PostgresVerificationStore memory_{stores_.pool};
    const std::array<domain::AppFamily, 1> families_{{{"vezet"}}};
    const Entity& cars_ = entity("cars");
};

TEST_F(VerificationMemory, KeepsThePositionOfEachScopeForADay) {
    EXPECT_FALSE(memory_.position("all", hours(24)));
    VerifyPosition position{.family = "vezet",
                            .entity = "cars",
                            .phase = VerifyPhase::links,
                            .after = domain::ParentId("car"),
                            .checked = 7,
                            .differences = 2,
                            .began_at = stores_.links.now()};
    memory_.keep_position("all", position);
    position.phase = VerifyPhase::source;
    position.after.reset();
    position.checked = 9;
    memory_.keep_position("all", position);
    EXPECT_FALSE(memory_.position("some", hours(24)));
    const auto known = memory_.position("all", hours(24));
    ASSERT_TRUE(known);
    EXPECT_EQ(known->family, "vezet");
    EXPECT_EQ(known->entity, "cars");
    EXPECT_EQ(known->phase, VerifyPhase::source);
    EXPECT_FALSE(known->after);
    EXPECT_EQ(known->checked, 9U);
    EXPECT_EQ(known->differences, 2U);
    EXPECT_EQ(known->began_at, position.began_at);

    execute("UPDATE fleet_sync.verify_positions SET updated_at = now() - interval '25 hours'");
    EXPECT_FALSE(memory_.position("all", hours(24)));
    memory_.keep_position("all", position);
    memory_.forget_position("all");
    EXPECT_FALSE(memory_.position("all", hours(24)));
}

TEST_F(VerificationMemory, AgeIsThatOfTheFirstLinkUntilARoundIsComplete) {
    const std::array links{NewLink{domain::ParentId("car"), domain::ParentParkId("park"), domain::ChildId("child"),
                                   domain::ChildParkId("child park")}};
    (void)stores_.links.reserve(nullptr, cars_, families_[0], links);
    execute("UPDATE fleet_sync.cars SET created_at = now() - interval '3 hours'");
    EXPECT_NEAR(ages_of_cars().verified.count(), 3 * 3600, 60);
    EXPECT_NEAR(ages_of_cars().cursor.count(), 3 * 3600, 60);

    memory_.round_completed(cars_, families_[0], stores_.links.now() - hours(1));
    EXPECT_NEAR(ages_of_cars().verified.count(), 3600, 60);
    // The earlier of two that end out of order says nothing new.
    memory_.round_completed(cars_, families_[0], stores_.links.now() - hours(2));
    EXPECT_NEAR(ages_of_cars().verified.count(), 3600, 60);

    stores_.links.record_outcome(
        nullptr, cars_, families_[0], SyncedLinks::all,
        {.cursor = Cursor{.position = {.timestamp = std::nullopt, .date_ms = 1}, .configuration_fingerprint = ""}});
    EXPECT_NEAR(ages_of_cars().cursor.count(), 0, 60);
    EXPECT_EQ(memory_.ages(families_).size(), entities().size());
}

TEST_F(VerificationMemory, DecidesOncePerRoundWhetherItReadsEveryChild) {
    const Time now = stores_.links.now();
    const auto decide = [&](std::int64_t round, Time began_at) {
        return memory_.decide_round(cars_, families_[0], round, began_at, hours(6));
    };
    EXPECT_TRUE(decide(1, now)) << "there was none yet";
    memory_.round_completed(cars_, families_[0], now);
    EXPECT_TRUE(decide(1, now)) << "decided before";
    EXPECT_FALSE(decide(2, now + hours(5)));
    EXPECT_TRUE(decide(3, now + hours(6)));
    EXPECT_FALSE(decide(2, now + hours(9))) << "of the past";
}

}  // namespace
}  // namespace twinfleet::mirroring
