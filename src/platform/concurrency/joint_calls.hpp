#pragma once

#include <condition_variable>
#include <cstddef>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

namespace twinfleet::platform {

/// Serves callers together who come while others are being served, for what costs less for many at once than for each
/// alone, such as round trips to a store ("group commit"). It has no threads: the callers' own do the work. Who finds a
/// round free begins it at once, for himself and for everybody who waits; all others wait for the round that takes them
/// along. So whoever comes alone is served at once and alone, and nobody is served by a round that began before he
/// came. Safe to use from any thread.
template <typename Item, typename Result>
class JointCalls {
public:
    /// Serves one round: a result for each of the items, in their order. Called by as many threads at a time as there
    /// may be rounds. What it throws, all callers of its round get.
    using Serve = std::function<std::vector<Result>(std::vector<Item> items)>;

    /// `rounds_max`: how many rounds may be under way at a time; a 0 counts as 1. More than one, so that a round that
    /// waits for something that hangs does not keep everybody waiting.
    JointCalls(std::size_t rounds_max, Serve serve)
        : rounds_max_(rounds_max == 0 ? 1 : rounds_max), serve_(std::move(serve)) {}
    JointCalls(const JointCalls&) = delete;
    JointCalls& operator=(const JointCalls&) = delete;

    /// Waits for the result to `item`. Throws what its round ended in.
    [[nodiscard]] Result call(Item item) {
        Waiting own{.item = std::move(item)};
        std::unique_lock lock(mutex_);
        waiting_.push_back(&own);
        round_ended_.wait(lock, [&] { return own.is_done || (!own.is_taken && rounds_ < rounds_max_); });
        if (!own.is_done) {
            run_round(lock);
        }
        if (own.failure) {
            std::rethrow_exception(own.failure);
        }
        return *std::move(own.result);
    }

    /// How many callers wait for a round that takes them along.
    [[nodiscard]] std::size_t waiting() const {
        const std::lock_guard lock(mutex_);
        return waiting_.size();
    }

private:
    struct Waiting {
        Item item;
        bool is_taken = false;
        bool is_done = false;
        std::optional<Result> result = std::nullopt;
        std::exception_ptr failure = nullptr;
    };

    /// Takes everybody who waits. `lock` is held before and after.
    void run_round(std::unique_lock<std::mutex>& lock) {
        std::vector<Waiting*> round;
        round.swap(waiting_);
        for (Waiting* one : round) {
            one->is_taken = true;
        }
        ++rounds_;
        lock.unlock();
        serve(round);
        lock.lock();
        --rounds_;
        for (Waiting* one : round) {
            one->is_done = true;
        }
        round_ended_.notify_all();
    }

    void serve(const std::vector<Waiting*>& round) {
        try {
            std::vector<Item> items;
            items.reserve(round.size());
            for (Waiting* one : round) {
                items.push_back(std::move(one->item));
            }
            auto results = serve_(std::move(items));
            for (std::size_t i = 0; i < round.size(); ++i) {
                round[i]->result = std::move(results.at(i));
            }
        } catch (...) {
            for (Waiting* one : round) {
                one->failure = std::current_exception();
            }
        }
    }

    // Constant after construction.
    const std::size_t rounds_max_;
    const Serve serve_;

    mutable std::mutex mutex_;
    std::condition_variable round_ended_;
    // Guarded by mutex_.
    std::vector<Waiting*> waiting_;
    std::size_t rounds_ = 0;
};

}  // namespace twinfleet::platform
