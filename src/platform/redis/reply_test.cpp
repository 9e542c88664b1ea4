#include <gtest/gtest.h>

#include "platform/errors/store_error.hpp"
#include "platform/redis/client.hpp"

namespace twinfleet::redis {
namespace {

TEST(RedisReply, TellsWhatItIs) {
    EXPECT_TRUE(Reply().is_nil());
    EXPECT_EQ(Reply(std::int64_t{-5}).integer(), -5);
    EXPECT_EQ(Reply(std::string("a")).text(), "a");
    EXPECT_EQ(Reply(std::string("a")).optional_text(), "a");
    EXPECT_EQ(Reply().optional_text(), std::nullopt);
    EXPECT_EQ(Reply(std::vector<Reply>{Reply(std::int64_t{1}), Reply()}).items().at(0).integer(), 1);
}

TEST(RedisReply, OfAnotherKindIsRefused) {
    const Reply integer(std::int64_t{1});
    EXPECT_THROW(static_cast<void>(integer.text()), platform::StoreRefused);
    EXPECT_THROW(static_cast<void>(integer.optional_text()), platform::StoreRefused);
    EXPECT_THROW(static_cast<void>(integer.items()), platform::StoreRefused);
    EXPECT_THROW(static_cast<void>(Reply().integer()), platform::StoreRefused);
    EXPECT_THROW(static_cast<void>(Reply().text()), platform::StoreRefused);
}

}  // namespace
}  // namespace twinfleet::redis
