#include "platform/concurrency/joint_calls.hpp"

#include <atomic>
#include <future>
#include <latch>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace twinfleet::platform {
namespace {

using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

TEST(JointCalls, ServesWhoComesAloneAtOnceAndAlone) {
    std::vector<std::vector<int>> rounds;
    JointCalls<int, int> calls(1, [&](const std::vector<int>& items) {
        rounds.push_back(items);
        return items;
    });
    EXPECT_EQ(calls.call(1), 1);
    EXPECT_EQ(calls.call(2), 2);
    EXPECT_THAT(rounds, ElementsAre(ElementsAre(1), ElementsAre(2)));
}

TEST(JointCalls, WhatARoundEndsInItsCallersGetAndNobodyElse) {
    JointCalls<int, int> calls(1, [](const std::vector<int>& items) {
        if (items.front() < 0) {
            throw std::runtime_error("a negative item");
        }
        return items;
    });
    EXPECT_THROW(static_cast<void>(calls.call(-1)), std::runtime_error);
    EXPECT_EQ(calls.call(1), 1);
}

TEST(JointCalls, ServesEveryCallerOnceAndManyTogether) {
    constexpr int callers = 8;
    constexpr int calls_of_each = 500;
    std::atomic<int> served = 0;
    std::atomic<int> under_way = 0;
    std::atomic<int> most_under_way = 0;
    std::atomic<int> wrong = 0;
    JointCalls<int, std::string> calls(2, [&](const std::vector<int>& items) {
        const int now = ++under_way;
        int most = most_under_way;
        while (now > most && !most_under_way.compare_exchange_weak(most, now)) {
        }
        served += static_cast<int>(items.size());
        std::vector<std::string> results;
        for (const int item : items) {
            results.push_back(std::to_string(item));
        }
        std::this_thread::yield();
        --under_way;
        return results;
    });
    {
        std::vector<std::jthread> threads;
        for (int caller = 0; caller < callers; ++caller) {
            threads.emplace_back([&, caller] {
                for (int i = 0; i < calls_of_each; ++i) {
                    const int item = caller * calls_of_each + i;
                    wrong += calls.call(item) == std::to_string(item) ? 0 : 1;
                }
            });
        }
    }
    EXPECT_EQ(served, callers * calls_of_each);
    EXPECT_EQ(wrong, 0);
    EXPECT_LE(most_under_way, 2);
}

/// The only round is held by the first caller until all others wait.
TEST(JointCalls, TakesEverybodyAlongWhoWaitsAndNobodyIntoARoundThatHasBegun) {
    constexpr int callers = 5;
    std::latch is_held(1);
    std::promise<void> gate;
    std::vector<std::vector<int>> rounds;
    JointCalls<int, int> calls(1, [&](const std::vector<int>& items) {
        rounds.push_back(items);
        if (items.front() == 0) {
            is_held.count_down();
            gate.get_future().wait();
        }
        return items;
    });
    std::jthread first([&] { EXPECT_EQ(calls.call(0), 0); });
    is_held.wait();
    std::vector<std::jthread> others;
    for (int item = 1; item <= callers; ++item) {
        others.emplace_back([&, item] { EXPECT_EQ(calls.call(item), item); });
    }
    while (calls.waiting() < callers) {
        std::this_thread::yield();
    }
    gate.set_value();
    first.join();
    others.clear();
    EXPECT_THAT(rounds, ElementsAre(ElementsAre(0), UnorderedElementsAre(1, 2, 3, 4, 5)));
}

}  // namespace
}  // namespace twinfleet::platform
