#include "platform/redis/slots.hpp"

#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace twinfleet::redis {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// The figures of the cluster specification: CRC16("123456789") is 0x31C3, and its examples of hash tags.
TEST(RedisSlots, AreThoseOfTheSpecification) {
    EXPECT_EQ(slot_of_key("123456789"), 0x31C3);
    EXPECT_EQ(slot_of_key("foo"), 12'182);
    EXPECT_EQ(slot_of_key(""), 0);
    EXPECT_EQ(slot_of_key("{user1000}.following"), slot_of_key("{user1000}.followers"));
    EXPECT_EQ(slot_of_key("{user1000}.following"), slot_of_key("user1000"));
    EXPECT_EQ(slot_of_key("foo{bar}{zap}"), slot_of_key("bar"));
    EXPECT_EQ(slot_of_key("foo{{bar}}zap"), slot_of_key("{bar"));
    EXPECT_NE(slot_of_key("foo{}{bar}"), slot_of_key("bar")) << "an empty tag is none";
    EXPECT_NE(slot_of_key("foo{bar"), slot_of_key("bar"));
}

TEST(RedisSlots, OfACommandAreThoseOfItsKeys) {
    EXPECT_EQ(slot_of({"GET", "foo"}), slot_of_key("foo"));
    EXPECT_EQ(slot_of({"SET", "foo", "bar", "PX", "5"}), slot_of_key("foo"));
    EXPECT_EQ(slot_of({"DEL", "a:{foo}", "b:{foo}"}), slot_of_key("foo"));
    EXPECT_EQ(slot_of({"PUBLISH", "channel", "text"}), slot_of_key("channel"));
    const Script script("return 1");
    const std::vector<std::string> keys{"a:{foo}", "b:{foo}"};
    const std::vector<std::string> arguments{"bar"};
    EXPECT_EQ(slot_of(Command(script, keys, arguments)), slot_of_key("foo"));
    EXPECT_EQ(slot_of({"EVAL", "return 1", "1", "foo", "bar"}), slot_of_key("foo"));
}

std::string mistake_in(const Command& command) {
    try {
        static_cast<void>(slot_of(command));
    } catch (const std::logic_error& error) {
        return error.what();
    }
    return "none";
}

TEST(RedisSlots, TellOfMistakesWithoutArguments) {
    const Script script("return 1");
    EXPECT_THAT(mistake_in(Command(script, {}, std::vector<std::string>{"s3cret"})), HasSubstr("EVALSHA has no key"));
    EXPECT_THAT(mistake_in({"GET"}), HasSubstr("GET has no key"));
    EXPECT_THAT(mistake_in({"MGET"}), HasSubstr("MGET has no key"));
    const auto several = mistake_in({"MGET", "s3cret", "other"});
    EXPECT_THAT(several, HasSubstr("the keys of one MGET are in several slots"));
    EXPECT_THAT(several, Not(HasSubstr("s3cret")));
    EXPECT_THAT(mistake_in({"KEYS", "s3cret*"}), HasSubstr("where the keys of KEYS are, is not known"));
    EXPECT_THAT(mistake_in({"EVAL", "return 1", "x"}), HasSubstr("has no key"));
    EXPECT_THAT(mistake_in({"EVAL"}), HasSubstr("is not known"));
}

}  // namespace
}  // namespace twinfleet::redis
