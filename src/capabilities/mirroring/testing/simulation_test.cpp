// Plays the mirror against everything that can go wrong, seed after seed (see simulation.hpp).
//
//   TWINFLEET_SEED=n       plays seed n alone and tells every step
//   TWINFLEET_SEEDS=n      plays seeds 0 ... n-1 instead of the default number
//   TWINFLEET_FIRST_SEED=n begins there
#include "capabilities/mirroring/testing/simulation.hpp"

#include <cstdlib>
#include <iostream>
#include <optional>
#include <string>

#include <gtest/gtest.h>

#include "capabilities/mirroring/testing/stage.hpp"

namespace twinfleet::mirroring::testing {
namespace {

std::optional<std::uint64_t> from_environment(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? std::nullopt : std::optional<std::uint64_t>(std::stoull(value));
}

TEST(Simulation, InvariantsHoldWhateverHappens) {
    if (const auto seed = from_environment("TWINFLEET_SEED")) {
        for (const std::string& failure : simulate(*seed, &std::cout).failures) {
            ADD_FAILURE() << failure;
        }
        return;
    }
    const std::uint64_t first = from_environment("TWINFLEET_FIRST_SEED").value_or(0);
    const std::uint64_t count = from_environment("TWINFLEET_SEEDS").value_or(1'000);
    SimulationTally tally;
    int failed_seeds = 0;
    for (std::uint64_t seed = first; seed < first + count; ++seed) {
        const SimulationResult result = simulate(seed);
        tally += result.tally;
        if (!result.failures.empty()) {
            ADD_FAILURE() << result.failures.size() << " failures; replay with TWINFLEET_SEED=" << seed << "\n"
                          << result.failures.front();
            if (++failed_seeds == 20) {
                break;
            }
        }
    }
    for (const auto& [event, times] : tally.events) {
        std::cout << event << ": " << times << "\n";
    }
    // A simulation in which nothing happens proves nothing.
    for (const char* event :
         {"crash", "acknowledgement lost", "store away", "delivered twice", "suspended", "lease lost", "edit",
          "child asked for and made", "child refused", "pass done", "shard done", "pass cut off"}) {
        EXPECT_GT(tally.events[event], count / 50) << event;
    }
    for (const char* event : {"write hangs", "majority lost", "unacknowledged writes taken back"}) {
        EXPECT_GT(tally.events[event], count / 200) << event;
    }
}

TEST(Simulation, TheSameSeedPlaysTheSame) {
    for (std::uint64_t seed = 0; seed < 5; ++seed) {
        std::ostringstream first;
        std::ostringstream second;
        (void)simulate(seed, &first);
        (void)simulate(seed, &second);
        EXPECT_EQ(first.str(), second.str());
        EXPECT_FALSE(first.str().empty());
    }
}

TEST(Stage, OneActorActsAtATimeInTheOrderThatIsChosen) {
    const auto play = [](std::size_t stride) {
        std::size_t choice = 0;
        Stage stage([&](std::size_t actors) { return (choice += stride) % actors; });
        std::string order;
        for (const char name : {'a', 'b', 'c'}) {
            stage.add([&stage, &order, name] {
                for (int i = 0; i < 3; ++i) {
                    order += name;
                    stage.yield();
                }
            });
        }
        stage.play();
        return order;
    };
    EXPECT_EQ(play(1), play(1));
    EXPECT_NE(play(1), play(2));
    EXPECT_EQ(play(1).size(), 9U);
}

TEST(Stage, ThrowsWhatAnActorThrewOnceTheOthersHaveFinished) {
    Stage stage([](std::size_t) { return std::size_t{0}; });
    bool has_finished = false;
    stage.add([] { throw std::runtime_error("stumbled"); });
    stage.add([&] { has_finished = true; });
    EXPECT_THROW(stage.play(), std::runtime_error);
    EXPECT_TRUE(has_finished);
}

}  // namespace
}  // namespace twinfleet::mirroring::testing
