#include "platform/redis/uri.hpp"

#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace twinfleet::redis {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(RedisUri, NamesHostPortAndDatabase) {
    EXPECT_EQ(parse_uri("redis://cache"), (Address{.host = "cache", .port = 6379}));
    EXPECT_EQ(parse_uri("redis://cache/"), (Address{.host = "cache", .port = 6379}));
    EXPECT_EQ(parse_uri("redis://10.0.0.1:7000/5"), (Address{.host = "10.0.0.1", .port = 7000, .database = 5}));
    EXPECT_EQ(parse_uri("redis://[::1]"), (Address{.host = "::1", .port = 6379}));
    EXPECT_EQ(parse_uri("redis://[::1]:7000/1"), (Address{.host = "::1", .port = 7000, .database = 1}));
}

TEST(RedisUri, NamesUserAndPassword) {
    const auto with = [](std::string user, std::string password) {
        return Address{.host = "cache", .port = 6379, .user = std::move(user), .password = std::move(password)};
    };
    EXPECT_EQ(parse_uri("redis://app:secret@cache"), with("app", "secret"));
    EXPECT_EQ(parse_uri("redis://:secret@cache"), with("", "secret"));
    EXPECT_EQ(parse_uri("redis://app@cache"), with("app", ""));
    EXPECT_EQ(parse_uri("redis://a%3Ab:s%40c%2fr%25t@cache"), with("a:b", "s@c/r%t"));
    EXPECT_EQ(parse_uri("redis://app:a:b@c@cache"), with("app", "a:b@c"));
}

TEST(RedisUri, NamesASocketFile) {
    EXPECT_EQ(parse_uri("unix:///run/redis.sock"), (Address{.socket_path = "/run/redis.sock"}));
}

TEST(RedisUri, IsRefusedWithoutBeingRepeated) {
    for (const auto* uri : {"",
                            "s3cret",
                            "rediss://:s3cret@cache",
                            "http://s3cret",
                            "redis://",
                            "redis://:s3cret@",
                            "redis://@s3cret",
                            "redis://:@s3cret",
                            "redis://s3cret:0",
                            "redis://s3cret:65536",
                            "redis://s3cret:",
                            "redis://s3cret:1x",
                            "redis://s3cret:-1",
                            "redis://s3cret/x",
                            "redis://s3cret/1/2",
                            "redis://s3cret/-1",
                            "redis://s3cret?db=1",
                            "redis://s3cret#1",
                            "redis://[s3cret",
                            "redis://[::1]s3cret",
                            "redis://[]:1",
                            "redis://a:s3cret%4@cache",
                            "redis://a:s3cret%zz@cache",
                            "redis://a:s3cret%@cache",
                            "unix://s3cret",
                            "unix:s3cret"}) {
        try {
            static_cast<void>(parse_uri(uri));
            ADD_FAILURE() << uri;
        } catch (const std::invalid_argument& error) {
            EXPECT_THAT(error.what(), Not(HasSubstr("s3cret")));
            EXPECT_THAT(error.what(), HasSubstr("expected redis://"));
        }
    }
    EXPECT_THROW(static_cast<void>(parse_uri(std::string_view("redis://a\0b", 11))), std::invalid_argument);
}

}  // namespace
}  // namespace twinfleet::redis
