#include "platform/api/bearer_token.hpp"

#include <gtest/gtest.h>

namespace twinfleet::api {
namespace {

TEST(BearerToken, IsBehindTheScheme) {
    EXPECT_EQ(bearer_token("Bearer abc"), "abc");
    EXPECT_EQ(bearer_token("bEARER   a b"), "a b");
    EXPECT_EQ(bearer_token(std::nullopt), std::nullopt);
    for (const char* text : {"", "Bearer", "Bearer ", "Bearer   ", "Basic abc", "Bearerabc", " Bearer abc"}) {
        EXPECT_EQ(bearer_token(text), std::nullopt) << text;
    }
}

}  // namespace
}  // namespace twinfleet::api
