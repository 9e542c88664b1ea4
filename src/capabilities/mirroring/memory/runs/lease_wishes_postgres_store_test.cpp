#include <gtest/gtest.h>

#include "capabilities/mirroring/memory/runs/lease_wishes_postgres.hpp"
#include "capabilities/mirroring/testing/fresh_stores_postgres.hpp"

namespace twinfleet::mirroring {
namespace {

class StandingClock final : public platform::Clock {
public:
    [[nodiscard]] platform::Time now() const override { return {}; }
    [[nodiscard]] std::chrono::nanoseconds monotonic() const override { return now_ += std::chrono::seconds(1); }

private:
    mutable std::chrono::nanoseconds now_{};
};

TEST(PostgresLeaseWishes, StandUntilTheyAreWithdrawnOrLapse) {
    FreshPostgresStores stores;
    const StandingClock clock;
    PostgresLeaseWishes wishes(stores.pool, clock);
    PostgresLeaseWishes of_another_replica(stores.pool, clock);
    EXPECT_FALSE(wishes.is_wished("cars", "vezet"));
    wishes.wish("cars", "vezet", std::chrono::hours(1));
    EXPECT_TRUE(of_another_replica.is_wished("cars", "vezet"));
    EXPECT_FALSE(of_another_replica.is_wished("cars", "other"));
    EXPECT_FALSE(of_another_replica.is_wished("parks", "vezet"));
    wishes.withdraw("cars", "vezet");
    EXPECT_FALSE(of_another_replica.is_wished("cars", "vezet"));
    wishes.wish("cars", "vezet", std::chrono::milliseconds(0));
    EXPECT_FALSE(of_another_replica.is_wished("cars", "vezet"));
}

}  // namespace
}  // namespace twinfleet::mirroring
