#include "capabilities/driver_sessions/token.hpp"

#include <set>

#include <gtest/gtest.h>

namespace twinfleet::driver_sessions {
namespace {

// By `printf '4:park6:driver' | sha256sum`.
TEST(RedisTag, IsHalfTheDigestOfBothIdsWithTheirLengths) {
    EXPECT_EQ(redis_tag({.park_id = "park", .driver_id = "driver"}), "b26a2f70fffa815adef05cbc85eba2c2");
}

TEST(RedisTag, DiffersForPairsThatReadTheSame) {
    std::set<std::string> tags;
    for (const auto& [park, driver] : {std::pair<std::string, std::string>{"a", "bc"},
                                       {"ab", "c"},
                                       {"abc", ""},
                                       {"", "abc"},
                                       {"bc", "a"},
                                       {"a1:b", "c"},
                                       {"a", "1:bc"}}) {
        EXPECT_TRUE(tags.insert(redis_tag({.park_id = park, .driver_id = driver})).second) << park << ' ' << driver;
    }
}

TEST(SessionToken, BeginsWithTheTagOfItsDriver) {
    const DriverKey driver{.park_id = "park", .driver_id = "driver"};
    const auto token = make_token(driver);
    EXPECT_EQ(token.size(), 96U);
    EXPECT_EQ(tag_of_token(token), redis_tag(driver));
    EXPECT_NE(make_token(driver), token);
}

TEST(SessionToken, IsNothingElseThan96LowerCaseHexDigits) {
    const std::string good(96, 'a');
    EXPECT_TRUE(tag_of_token(good));
    for (const std::string& bad : {std::string(), good.substr(1), good + 'a', good.substr(1) + 'A',
                                   good.substr(1) + 'g', good.substr(1) + ' ', good.substr(1) + '\0'}) {
        EXPECT_FALSE(tag_of_token(bad));
    }
}

// By `printf abc | sha256sum`.
TEST(SessionToken, IsStoredAsItsSha256) {
    EXPECT_EQ(sha256_of_token("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_TRUE(is_same_digest("abcd", "abcd"));
    EXPECT_FALSE(is_same_digest("abcd", "abce"));
    EXPECT_FALSE(is_same_digest("abcd", "abc"));
    EXPECT_FALSE(is_same_digest("", "abc"));
}

}  // namespace
}  // namespace twinfleet::driver_sessions
