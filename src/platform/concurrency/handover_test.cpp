#include "platform/concurrency/handover.hpp"

#include <memory>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace twinfleet::platform {
namespace {

TEST(Handover, HandsOnEveryValueInOrderAndThenTheEnd) {
    Handover<std::unique_ptr<int>> values;
    std::jthread giver([&] {
        for (int i = 0; i < 1'000; ++i) {
            EXPECT_TRUE(values.put(std::make_unique<int>(i)));
        }
        values.close();
    });
    std::vector<int> taken;
    while (const auto value = values.take()) {
        taken.push_back(**value);
    }
    ASSERT_EQ(taken.size(), 1'000U);
    EXPECT_EQ(taken.front(), 0);
    EXPECT_EQ(taken.back(), 999);
}

TEST(Handover, LetsTheLastValueBeTakenAfterItsEnd) {
    Handover<int> values;
    EXPECT_TRUE(values.put(7));
    values.close();
    EXPECT_EQ(values.take(), 7);
    EXPECT_EQ(values.take(), std::nullopt);
}

TEST(Handover, AFailureFreesWhoeverWaits) {
    Handover<int> full;
    EXPECT_TRUE(full.put(1));
    Handover<int> empty;
    std::jthread giver([&] { EXPECT_FALSE(full.put(2)); });
    std::jthread taker([&] { EXPECT_EQ(empty.take(), std::nullopt); });
    full.fail();
    empty.fail();
    giver.join();
    taker.join();
    EXPECT_EQ(full.take(), std::nullopt);
}

}  // namespace
}  // namespace twinfleet::platform
