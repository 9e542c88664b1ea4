#include "platform/concurrency/circuit_breaker.hpp"

#include <atomic>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace twinfleet::platform {
namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;

CircuitBreaker::Entry enter(CircuitBreaker& circuit, nanoseconds now) {
    return circuit.try_enter(now).value();
}

void fail(CircuitBreaker& circuit, nanoseconds now) {
    circuit.failed(enter(circuit, now), now);
}

TEST(CircuitBreaker, OpensAfterFailuresInARow) {
    CircuitBreaker circuit({.failures_max = 3, .open_for = 30s});
    for (int i = 0; i < 2; ++i) {
        fail(circuit, 0s);
    }
    circuit.succeeded(enter(circuit, 0s));
    for (int i = 0; i < 3; ++i) {
        EXPECT_FALSE(circuit.is_open());
        const auto entry = enter(circuit, 0s);
        circuit.failed(entry, 1s);
    }
    EXPECT_TRUE(circuit.is_open());
    EXPECT_FALSE(circuit.try_enter(30s));
}

TEST(CircuitBreaker, LetsOneTryWhenItsTimeIsOver) {
    CircuitBreaker circuit({.failures_max = 1, .open_for = 30s});
    fail(circuit, 0s);

    const auto trial = enter(circuit, 30s);
    EXPECT_FALSE(circuit.try_enter(30s)) << "one only";
    circuit.failed(trial, 31s);
    EXPECT_FALSE(circuit.try_enter(60s)) << "open for as long again";

    circuit.succeeded(enter(circuit, 61s));
    EXPECT_FALSE(circuit.is_open());
    EXPECT_TRUE(circuit.try_enter(61s));
    EXPECT_TRUE(circuit.try_enter(61s));
}

TEST(CircuitBreaker, LetsTheNextTryWhenOneLeavesWithoutAnAnswer) {
    CircuitBreaker circuit({.failures_max = 1, .open_for = 30s});
    fail(circuit, 0s);
    circuit.left(enter(circuit, 30s));
    EXPECT_TRUE(circuit.is_open());
    const auto trial = enter(circuit, 30s);
    EXPECT_FALSE(circuit.try_enter(30s));
    circuit.succeeded(trial);
    circuit.left(enter(circuit, 30s));
    EXPECT_FALSE(circuit.is_open()) << "and closed stays closed";
}

TEST(CircuitBreaker, WhoCameBeforeItOpenedDecidesNothing) {
    CircuitBreaker circuit({.failures_max = 1, .open_for = 30s});
    const auto one = enter(circuit, 0s);
    const auto another = enter(circuit, 0s);
    const auto last = enter(circuit, 0s);
    fail(circuit, 0s);
    const auto trial = enter(circuit, 30s);

    circuit.left(one);
    EXPECT_FALSE(circuit.try_enter(30s)) << "the trial is still under way";
    circuit.failed(another, 31s);
    EXPECT_FALSE(circuit.try_enter(31s));
    circuit.succeeded(last);
    EXPECT_TRUE(circuit.is_open());
    circuit.succeeded(trial);
    EXPECT_FALSE(circuit.is_open());
}

TEST(CircuitBreaker, LetsOneOfManyThreadsTry) {
    CircuitBreaker circuit({.failures_max = 1, .open_for = 1s});
    fail(circuit, 0s);
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
