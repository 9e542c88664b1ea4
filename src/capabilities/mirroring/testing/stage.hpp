#pragma once

#include <condition_variable>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace twinfleet::mirroring::testing {

/// Actors, each in a thread of its own, of whom exactly one acts at a time: whoever has the baton. So a play with the
/// same choices is always the same, whatever the scheduler of the machine does.
class Stage {
public:
    /// Of this many actors, who is next?
    using Choose = std::function<std::size_t(std::size_t actors)>;

    explicit Stage(Choose choose);
    Stage(const Stage&) = delete;
    Stage& operator=(const Stage&) = delete;

    void add(std::function<void()> act);
    /// Returns when all actors have finished; throws what the first that threw did.
    void play();
    /// Hands the baton to somebody, perhaps to oneself. Called by the actor who has it; does nothing outside of play().
    void yield();

private:
    struct Actor {
        explicit Actor(std::function<void()> what) : act(std::move(what)) {}
        const std::function<void()> act;
        bool has_finished = false;
        std::condition_variable gets_baton;
    };

    void pass_baton();

    const Choose choose_;
    std::mutex mutex_;
    std::vector<std::unique_ptr<Actor>> actors_;
    /// Index of who has the baton; actors_.size(): nobody.
    std::size_t turn_ = 0;
    bool is_playing_ = false;
    std::exception_ptr failure_;
};

}  // namespace twinfleet::mirroring::testing
