#include "platform/redis/slot_map.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "platform/errors/store_error.hpp"

namespace twinfleet::redis {
namespace {

using ::testing::ElementsAre;

Reply node(const char* host, std::int64_t port) {
    return Reply(std::vector<Reply>{host == nullptr ? Reply() : Reply(std::string(host)), Reply(port),
                                    Reply(std::string("id"))});
}

Reply range(std::int64_t first, std::int64_t last, std::vector<Reply> nodes) {
    std::vector<Reply> parts{Reply(first), Reply(last)};
    parts.insert(parts.end(), nodes.begin(), nodes.end());
    return Reply(std::move(parts));
}

TEST(RedisSlotMap, IsReadFromClusterSlots) {
    const auto map = read_slot_map(
        Reply(std::vector<Reply>{range(0, 99, {node("a", 1), node("c", 3)}), range(200, 16'383, {node("b", 2)}),
                                 range(100, 100, {node("a", 1), node("c", 3)})}),
        "asked");
    EXPECT_THAT(map.masters, ElementsAre(Endpoint{"a", 1}, Endpoint{"b", 2}));
    EXPECT_THAT(map.replicas, ElementsAre(Endpoint{"c", 3}));
    EXPECT_EQ(*map.owner_of(0), (Endpoint{"a", 1}));
    EXPECT_EQ(*map.owner_of(100), (Endpoint{"a", 1}));
    EXPECT_EQ(map.owner_of(101), nullptr) << "nobody serves it";
    EXPECT_EQ(*map.owner_of(16'383), (Endpoint{"b", 2}));
}

TEST(RedisSlotMap, ANodeThatDoesNotSayItsHostIsWhereItWasAsked) {
    const auto map = read_slot_map(Reply(std::vector<Reply>{range(0, 0, {node("", 1)}), range(1, 1, {node(nullptr, 2)}),
                                                            range(2, 2, {node("?", 3)})}),
                                   "asked");
    EXPECT_THAT(map.masters, ElementsAre(Endpoint{"asked", 1}, Endpoint{"asked", 2}, Endpoint{"asked", 3}));
}

TEST(RedisSlotMap, OfAnotherFormIsRefused) {
    for (const auto& reply :
         {Reply(std::int64_t{1}), Reply(std::vector<Reply>{Reply(std::int64_t{1})}),
          Reply(std::vector<Reply>{range(0, 1, {})}), Reply(std::vector<Reply>{range(0, 16'384, {node("a", 1)})}),
          Reply(std::vector<Reply>{range(-1, 1, {node("a", 1)})}),
          Reply(std::vector<Reply>{range(0, 1, {node("a", 65'536)})}),
          Reply(std::vector<Reply>{range(0, 1, {Reply(std::vector<Reply>{})})})}) {
        EXPECT_THROW(static_cast<void>(read_slot_map(reply, "asked")), platform::StoreRefused);
    }
    EXPECT_TRUE(read_slot_map(Reply(std::vector<Reply>{}), "asked").masters.empty());
}

TEST(RedisRedirection, IsReadFromErrors) {
    const auto moved = read_redirection("MOVED 3999 127.0.0.1:6381", "asked").value();
    EXPECT_TRUE(moved.is_for_good);
    EXPECT_EQ(moved.target, (Endpoint{"127.0.0.1", 6381}));
    const auto ask = read_redirection("ASK 3999 ::1:6381", "asked").value();
    EXPECT_FALSE(ask.is_for_good);
    EXPECT_EQ(ask.target, (Endpoint{"::1", 6381}));
    EXPECT_EQ(read_redirection("MOVED 3999 :6381", "asked").value().target, (Endpoint{"asked", 6381}));
    for (const auto* error : {"MOVED", "MOVED 3999", "MOVED 3999 a:0", "MOVED 3999 a:65536", "MOVED 3999 a:x",
                              "ASKING 1 a:1", "TRYAGAIN Multiple keys", "ERR MOVED 1 a:1", ""}) {
        EXPECT_FALSE(read_redirection(error, "asked")) << error;
    }
}

}  // namespace
}  // namespace twinfleet::redis
