#include "capabilities/driver_sessions/api/bearer_token.hpp"

#include <gtest/gtest.h>

namespace twinfleet::driver_sessions {
namespace {

TEST(BearerToken, IsReadAsRfc6750Says) {
    EXPECT_EQ(bearer_token("Bearer abc"), "abc");
    EXPECT_EQ(bearer_token("bEARER abc"), "abc");
    EXPECT_EQ(bearer_token("Bearer   abc"), "abc");
    EXPECT_EQ(bearer_token("Bearer aZ09-._~+/=="), "aZ09-._~+/==");
}

TEST(BearerToken, IsNothingElse) {
    EXPECT_EQ(bearer_token(std::nullopt), std::nullopt);
    for (const auto* other : {"", "Bearer", "Bearer ", "Bearer  ", "Basic abc", "abc", "Bearerabc", "Bearer\tabc",
                              "Bearer a b", "Bearer abc ", "Bearer =", "Bearer a=b", "Bearer a\"", " Bearer abc",
                              "Bearer abc, Bearer def", "Bearer \xd0\xb0"}) {
        EXPECT_EQ(bearer_token(other), std::nullopt) << other;
    }
}

}  // namespace
}  // namespace twinfleet::driver_sessions
