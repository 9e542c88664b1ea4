#include <chrono>

#include <gtest/gtest.h>

#include "platform/clock/testing/skewed_clock.hpp"
#include "platform/service/stores/postgres/postgres_time.hpp"
#include "tests/support/stores.hpp"

namespace twinfleet::service {
namespace {

using namespace std::chrono_literals;

TEST(PostgresTime, ReplicasAgreeHoweverWrongTheClocksOfTheirMachinesAre) {
    const twinfleet::testing::PostgresDatabase database;
    postgres::Pool pool({.dsn = database.dsn()});
    const platform::SystemClock truth;
    for (const std::chrono::microseconds ahead :
         {std::chrono::microseconds(24h * 15), std::chrono::microseconds(1h), std::chrono::microseconds(-1h)}) {
        const platform::testing::SkewedClock machine(truth, ahead);
        platform::StoreClock clock(machine, postgres_time(pool).ask);
        clock.measure();
        // The server of a test is on the same machine.
        EXPECT_LT(std::chrono::abs(clock.now() - truth.now()), 1s);
        EXPECT_LT(std::chrono::abs(clock.skew().value() - ahead), 1s);
    }
}

}  // namespace
}  // namespace twinfleet::service
