#include "platform/errors/reason.hpp"

#include <stdexcept>

#include <gtest/gtest.h>

namespace twinfleet::platform {
namespace {

TEST(ReasonOf, IsWhatTheExceptionSays) {
    EXPECT_EQ(reason_of(std::make_exception_ptr(std::runtime_error("no room"))), "no room");
    EXPECT_EQ(reason_of(std::make_exception_ptr(5)), "something that is not an exception");
}

}  // namespace
}  // namespace twinfleet::platform
