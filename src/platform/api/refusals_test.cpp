#include "platform/api/refusals.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace twinfleet::api {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::Pair;

TEST(RetryAfter, IsInWholeSecondsFromOne) {
    EXPECT_THAT(retry_after(2s), ElementsAre(Pair("Retry-After", "2")));
    EXPECT_THAT(retry_after(2'001ms), ElementsAre(Pair("Retry-After", "3")));
    EXPECT_THAT(retry_after(0ms), ElementsAre(Pair("Retry-After", "1")));
    EXPECT_THAT(retry_after(-5s), ElementsAre(Pair("Retry-After", "1")));
}

TEST(Refusals, SayWhatCanBeDone) {
    const auto overloaded = overloaded_response();
    EXPECT_EQ(overloaded.status, 503);
    EXPECT_EQ(overloaded.body, R"({"code":"overloaded","message":"Too many requests are waiting."})");
    EXPECT_THAT(overloaded.headers, ElementsAre(Pair("Retry-After", "1")));
    const auto unavailable = unavailable_response();
    EXPECT_EQ(unavailable.status, 503);
    EXPECT_EQ(unavailable.body, R"({"code":"unavailable","message":"This cannot be answered right now."})");
    EXPECT_THAT(unavailable.headers, ElementsAre(Pair("Retry-After", "1")));
    const auto unauthorized = unauthorized_response("session_ended", "Log in again.");
    EXPECT_EQ(unauthorized.status, 401);
    EXPECT_EQ(unauthorized.body, R"({"code":"session_ended","message":"Log in again."})");
    EXPECT_THAT(unauthorized.headers, ElementsAre(Pair("WWW-Authenticate", "Bearer")));
}

}  // namespace
}  // namespace twinfleet::api
