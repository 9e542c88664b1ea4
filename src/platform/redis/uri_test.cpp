#include "platform/redis/uri.hpp"

#include <stdexcept>
#include <string>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "platform/redis/client.hpp"

namespace twinfleet::redis {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Target server(Address address) {
    return {.kind = Target::Kind::server, .addresses = {std::move(address)}};
}

TEST(RedisUri, NamesHostPortAndDatabase) {
    EXPECT_EQ(parse_uri("redis://cache"), server({.host = "cache", .port = 6379}));
    EXPECT_EQ(parse_uri("redis://cache/"), server({.host = "cache", .port = 6379}));
    EXPECT_EQ(parse_uri("redis://10.0.0.1:7000/5"), server({.host = "10.0.0.1", .port = 7000, .database = 5}));
    EXPECT_EQ(parse_uri("redis://[::1]"), server({.host = "::1", .port = 6379}));
    EXPECT_EQ(parse_uri("redis://[::1]:7000/1"), server({.host = "::1", .port = 7000, .database = 1}));
}

TEST(RedisUri, NamesUserAndPassword) {
    const auto with = [](std::string user, std::string password) {
        return server({.host = "cache", .port = 6379, .user = std::move(user), .password = std::move(password)});
    };
    EXPECT_EQ(parse_uri("redis://app:secret@cache"), with("app", "secret"));
    EXPECT_EQ(parse_uri("redis://:secret@cache"), with("", "secret"));
    EXPECT_EQ(parse_uri("redis://app@cache"), with("app", ""));
    EXPECT_EQ(parse_uri("redis://a%3Ab:s%40c%2fr%25t@cache"), with("a:b", "s@c/r%t"));
    EXPECT_EQ(parse_uri("redis://app:a:b@c@cache"), with("app", "a:b@c"));
}

TEST(RedisUri, NamesASocketFile) {
    EXPECT_EQ(parse_uri("unix:///run/redis.sock"), server({.socket_path = "/run/redis.sock"}));
}

TEST(RedisUri, WantsTls) {
    EXPECT_EQ(parse_uri("rediss://cache:7000/2"),
              server({.host = "cache", .port = 7000, .database = 2, .is_tls = true}));
    EXPECT_TRUE(parse_uri("rediss-cluster://a").addresses.front().is_tls);
    EXPECT_TRUE(parse_uri("rediss-sentinel://a/main").addresses.front().is_tls);
    EXPECT_FALSE(parse_uri("redis-sentinel://a/main").addresses.front().is_tls);
}

TEST(RedisUri, NamesNodesOfACluster) {
    const auto with = [](std::string host, std::uint16_t port) {
        return Address{.host = std::move(host), .port = port, .user = "app", .password = "a,b/c"};
    };
    const Target expected{.kind = Target::Kind::cluster,
                          .addresses = {with("a", 7001), with("::1", 7002), with("c", 6379)}};
    EXPECT_EQ(parse_uri("redis-cluster://app:a%2Cb%2Fc@a:7001,[::1]:7002,c"), expected);
    EXPECT_EQ(parse_uri("redis-cluster://app:a%2Cb%2Fc@a:7001,[::1]:7002,c/"), expected);
    EXPECT_EQ(parse_uri("redis-cluster://app:a%2Cb%2Fc@a:7001,[::1]:7002,c/0"), expected);
}

TEST(RedisUri, NamesSentinelsAndWhatTheyCallTheMaster) {
    const auto with = [](std::string host, std::uint16_t port, std::uint32_t database) {
        return Address{.host = std::move(host), .port = port, .password = "secret", .database = database};
    };
    EXPECT_EQ(parse_uri("redis-sentinel://:secret@a,b:7000/main"),
              (Target{.kind = Target::Kind::sentinel,
                      .addresses = {with("a", 26379, 0), with("b", 7000, 0)},
                      .master_name = "main"}));
    EXPECT_EQ(parse_uri("redis-sentinel://:secret@a/the%2Fmain/3"),
              (Target{.kind = Target::Kind::sentinel, .addresses = {with("a", 26379, 3)}, .master_name = "the/main"}));
}

TEST(RedisUri, IsRefusedWithoutBeingRepeated) {
    for (const auto* uri : {"",
                            "s3cret",
                            "rediss:s3cret@cache",
                            "redis://a,s3cret",
                            "redis-cluster://",
                            "redis-cluster://s3cret,",
                            "redis-cluster://,s3cret",
                            "redis-cluster://s3cret/1",
                            "redis-cluster://s3cret?tls=true",
                            "redis-sentinel://s3cret",
                            "redis-sentinel://s3cret/",
                            "redis-sentinel://a/s3cret/x",
                            "redis-sentinel:///s3cret",
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

TEST(RedisUri, TellsWhenAPasswordMayTravelInPlain) {
    const auto may = [](const std::string& uri) { return may_send_password_in_plain({.uri = uri}); };
    EXPECT_TRUE(may("redis://anna:secret@redis.example"));
    EXPECT_TRUE(may("redis-cluster://:secret@127.0.0.1:7000,redis.example:7000"));
    EXPECT_FALSE(may("rediss://anna:secret@redis.example"));
    EXPECT_FALSE(may("redis://redis.example"));
    EXPECT_FALSE(may("redis://:secret@localhost"));
    EXPECT_FALSE(may("unix:///run/redis.sock"));
    EXPECT_TRUE(may_send_password_in_plain({.uri = "redis-sentinel://s1,s2/main", .sentinel_password = "secret"}));
}

}  // namespace
}  // namespace twinfleet::redis
