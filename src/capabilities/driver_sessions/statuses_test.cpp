#include "capabilities/driver_sessions/statuses.hpp"

#include <gtest/gtest.h>

namespace twinfleet::driver_sessions {
namespace {

TEST(DriverStatus, IsReadAsItIsNamed) {
    for (const auto status : {DriverStatus::offline, DriverStatus::busy, DriverStatus::free}) {
        EXPECT_EQ(parse_driver_status(name_of(status)), status);
    }
    for (const auto* other : {"", "Free", "free ", "online"}) {
        EXPECT_EQ(parse_driver_status(other), std::nullopt);
    }
}

}  // namespace
}  // namespace twinfleet::driver_sessions
