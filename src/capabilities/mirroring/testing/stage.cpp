#include "capabilities/mirroring/testing/stage.hpp"

#include <utility>

namespace twinfleet::mirroring::testing {

Stage::Stage(Choose choose) : choose_(std::move(choose)) {}

void Stage::add(std::function<void()> act) {
    actors_.push_back(std::make_unique<Actor>(std::move(act)));
}

void Stage::pass_baton() {
    std::vector<std::size_t> waiting;
    for (std::size_t i = 0; i < actors_.size(); ++i) {
        if (!actors_[i]->has_finished) {
            waiting.push_back(i);
        }
    }
    turn_ = waiting.empty() ? actors_.size() : waiting[choose_(waiting.size())];
    if (turn_ < actors_.size()) {
        actors_[turn_]->gets_baton.notify_one();
    }
}

void Stage::yield() {
    std::unique_lock lock(mutex_);
    if (!is_playing_) {
        return;
    }
    const std::size_t me = turn_;
    pass_baton();
    actors_[me]->gets_baton.wait(lock, [&] { return turn_ == me; });
}

void Stage::play() {
    std::vector<std::jthread> threads;
    {
        const std::lock_guard lock(mutex_);
        is_playing_ = true;
        // Nobody begins before all are there.
        turn_ = actors_.size();
    }
    for (std::size_t i = 0; i < actors_.size(); ++i) {
        threads.emplace_back([this, i] {
            {
                std::unique_lock lock(mutex_);
                actors_[i]->gets_baton.wait(lock, [&] { return turn_ == i; });
            }
            std::exception_ptr failure;
            try {
                actors_[i]->act();
            } catch (...) {
                failure = std::current_exception();
            }
            const std::lock_guard lock(mutex_);
            if (failure && !failure_) {
                failure_ = failure;
            }
            actors_[i]->has_finished = true;
            pass_baton();
        });
    }
    {
        const std::lock_guard lock(mutex_);
        pass_baton();
    }
    threads.clear();
    actors_.clear();
    is_playing_ = false;
    if (failure_) {
        std::rethrow_exception(std::exchange(failure_, nullptr));
    }
}

}  // namespace twinfleet::mirroring::testing
