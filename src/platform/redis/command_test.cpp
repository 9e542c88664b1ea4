#include <limits>
#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "platform/redis/client.hpp"

namespace twinfleet::redis {
namespace {

using ::testing::ElementsAre;

TEST(RedisCommand, IsItsParts) {
    const std::string bytes("\0\r\n\xff", 4);
    Command command{"HSET", "key"};
    command.add("field").add(bytes).add("").add(std::numeric_limits<std::int64_t>::min()).add(std::int64_t{0});
    EXPECT_THAT(command.parts(), ElementsAre("HSET", "key", "field", bytes, "", "-9223372036854775808", "0"));
    EXPECT_EQ(command.script(), nullptr);
}

TEST(RedisCommand, HasAName) {
    EXPECT_THROW(Command({}), std::invalid_argument);
}

// The figures of FIPS 180-2 for "abc", and of the empty text.
TEST(RedisScript, IsNamedByItsSha1) {
    EXPECT_EQ(Script("abc").sha1(), "a9993e364706816aba3e25717850c26c9cd0d89d");
    EXPECT_EQ(Script("").sha1(), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
    EXPECT_EQ(Script("abc").source(), "abc");
}

TEST(RedisScript, BecomesAnEvalsha) {
    const Script script("return 1");
    const std::vector<std::string> keys{"a", "b"};
    const std::vector<std::string> arguments{"1"};
    const Command command(script, keys, arguments);
    EXPECT_THAT(command.parts(), ElementsAre("EVALSHA", script.sha1(), "2", "a", "b", "1"));
    EXPECT_EQ(command.script(), &script);
    const auto calling = Command::calling(script, keys, arguments);
    EXPECT_EQ(calling.parts(), command.parts());
    EXPECT_EQ(calling.script(), &script);
    EXPECT_THAT(Command(script, {}, {}).parts(), ElementsAre("EVALSHA", script.sha1(), "0"));
}

}  // namespace
}  // namespace twinfleet::redis
