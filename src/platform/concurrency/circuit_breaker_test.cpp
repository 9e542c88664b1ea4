#include "platform/concurrency/circuit_breaker.hpp"

#include <atomic>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace twinfleet::platform {
namespace {

using namespace std::chrono_literals;

TEST(CircuitBreaker, OpensAfterFailuresInARow) {
    CircuitBreaker circuit({.failures_max = 3, .open_for = 30s});
    for (int i = 0; i < 2; ++i) {
        ASSERT_TRUE(circuit.try_enter(0s));
        circuit.failed(0s);
    }
    circuit.succeeded();
    for (int i = 0; i < 3; ++i) {
        ASSERT_TRUE(circuit.try_enter(0s));
        EXPECT_FALSE(circuit.is_open());
        circuit.failed(1s);
    }
    EXPECT_TRUE(circuit.is_open());
    EXPECT_FALSE(circuit.try_enter(30s));
}

TEST(CircuitBreaker, LetsOneTryWhenItsTimeIsOver) {
    CircuitBreaker circuit({.failures_max = 1, .open_for = 30s});
    ASSERT_TRUE(circuit.try_enter(0s));
    circuit.failed(0s);

    EXPECT_TRUE(circuit.try_enter(30s));
    EXPECT_FALSE(circuit.try_enter(30s)) << "one only";
    circuit.failed(31s);
    EXPECT_FALSE(circuit.try_enter(60s)) << "open for as long again";

    EXPECT_TRUE(circuit.try_enter(61s));
    circuit.succeeded();
    EXPECT_FALSE(circuit.is_open());
    EXPECT_TRUE(circuit.try_enter(61s));
    EXPECT_TRUE(circuit.try_enter(61s));
}

TEST(CircuitBreaker, LetsTheNextTryWhenOneLeavesWithoutAnAnswer) {
    CircuitBreaker circuit({.failures_max = 1, .open_for = 30s});
    ASSERT_TRUE(circuit.try_enter(0s));
    circuit.failed(0s);
    ASSERT_TRUE(circuit.try_enter(30s));
    circuit.left();
    EXPECT_TRUE(circuit.is_open());
    EXPECT_TRUE(circuit.try_enter(30s));
    EXPECT_FALSE(circuit.try_enter(30s));
    circuit.succeeded();
    ASSERT_TRUE(circuit.try_enter(30s));
    circuit.left();
    EXPECT_FALSE(circuit.is_open()) << "and closed stays closed";
}

TEST(CircuitBreaker, LetsOneOfManyThreadsTry) {
    CircuitBreaker circuit({.failures_max = 1, .open_for = 1s});
    circuit.failed(0s);
    std::atomic<int> let_in = 0;
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 8; ++i) {
            threads.emplace_back([&] { let_in += circuit.try_enter(1s) ? 1 : 0; });
        }
    }
    EXPECT_EQ(let_in, 1);
}

}  // namespace
}  // namespace twinfleet::platform
