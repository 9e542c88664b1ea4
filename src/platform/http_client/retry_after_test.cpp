#include "platform/http_client/retry_after.hpp"

#include <gtest/gtest.h>

namespace twinfleet::http {
namespace {

using namespace std::chrono_literals;

TEST(RetryAfter, IsReadInSeconds) {
    EXPECT_EQ(retry_after({{"Content-Type", "a"}, {"retry-after", "7"}}), 7s);
    EXPECT_EQ(retry_after({{"Retry-After", "0"}}), 0s);
}

TEST(RetryAfter, IsNoneWhereItIsMissingOrADate) {
    EXPECT_EQ(retry_after({}), std::nullopt);
    EXPECT_EQ(retry_after({{"Retry-After", "Wed, 21 Oct 2015 07:28:00 GMT"}}), std::nullopt);
    EXPECT_EQ(retry_after({{"Retry-After", ""}, {"X-Retry-After", "3"}}), std::nullopt);
}

}  // namespace
}  // namespace twinfleet::http
