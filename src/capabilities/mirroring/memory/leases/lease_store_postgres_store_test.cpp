// What every LeaseStore promises is in testing/link_store_contract.hpp.
#include <chrono>

#include <gtest/gtest.h>

#include "capabilities/mirroring/memory/leases/lease_store_postgres.hpp"
#include "capabilities/mirroring/testing/fresh_stores_postgres.hpp"

namespace twinfleet::mirroring {
namespace {

using namespace std::chrono_literals;

class PostgresLeases : public ::testing::Test {
protected:
    std::string holder() {
        return stores_.pool.transact([](postgres::Transaction& transaction) {
            return transaction.execute("SELECT holder FROM fleet_sync.job_leases").only_value<std::string>();
        });
    }

    FreshPostgresStores stores_;
    PostgresLeaseStore& leases_ = stores_.leases;
};

TEST_F(PostgresLeases, ALeaseThatWasGivenBackCannotBeRenewed) {
    const auto lease = leases_.acquire("cars", "vezet", "first", 1min).value();
    leases_.release(lease);
    EXPECT_FALSE(leases_.renew(lease, 1min));
    EXPECT_EQ(holder(), "");
    EXPECT_TRUE(leases_.acquire("cars", "vezet", "second", 1min).has_value());
    EXPECT_EQ(holder(), "second");
}

// A write that waits for a row another process has locked must not cost its own process the lease.
TEST_F(PostgresLeases, IsRenewedWhileATransactionKeepsItFromBeingTakenOver) {
    const auto lease = leases_.acquire("cars", "vezet", "first", 0ms).value();
    postgres::Pool impatient({.dsn = stores_.database.dsn(), .session_options = "-c lock_timeout=200ms"});
    PostgresLeaseStore others(impatient);
    stores_.pool.transact([&](postgres::Transaction& transaction) {
        require_lease(transaction, lease);
        EXPECT_TRUE(others.renew(lease, 0ms));
        EXPECT_THROW(static_cast<void>(others.acquire("cars", "vezet", "second", 1min)), std::exception);
        EXPECT_THROW(others.release(lease), std::exception);
    });
    EXPECT_TRUE(others.acquire("cars", "vezet", "second", 1min).has_value());
}

TEST_F(PostgresLeases, ReleasingALostLeaseLeavesTheHolderAlone) {
    const auto lost = leases_.acquire("cars", "vezet", "first", 0ms).value();
    const auto current = leases_.acquire("cars", "vezet", "second", 1min).value();
    leases_.release(lost);
    EXPECT_TRUE(leases_.renew(current, 1min));
    EXPECT_EQ(holder(), "second");
}

}  // namespace
}  // namespace twinfleet::mirroring
