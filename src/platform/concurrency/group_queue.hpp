#pragma once

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <iterator>
#include <mutex>
#include <stdexcept>
#include <stop_token>
#include <thread>
#include <utility>
#include <vector>

#include "platform/concurrency/work_queue.hpp"

namespace twinfleet::platform {

struct GroupQueueSettings {
    std::size_t threads = 4;
    /// Items that may wait for a thread.
    std::size_t waiting_max = 512;
    /// Items that one thread takes at a time. At least 1: a 0 counts as 1.
    std::size_t group_max = 64;
};

/// A bounded pool of threads for work that blocks, and that costs less for many items together than for each alone,
/// such as round trips to a store. Nothing is held back to make a group: a free thread takes whatever waits. So an item
/// that comes alone is worked on at once and alone, and the more there is to do, the larger the groups become. It
/// refuses when it is full instead of growing.
template <typename Item>
class GroupQueue {
public:
    /// Works on one group, of at least one item, in the order in which they came. Called by several threads at a time.
    /// An exception that leaves it ends the program, so it catches its own.
    using Work = std::function<void(std::vector<Item> group)>;

    /// Starts the threads. Throws std::invalid_argument when there are to be none.
    GroupQueue(const GroupQueueSettings& settings, Work work) : settings_(settings), work_(std::move(work)) {
        if (settings_.threads == 0) {
            throw std::invalid_argument("a queue needs a thread");
        }
        threads_.reserve(settings_.threads);
        while (threads_.size() < settings_.threads) {
            threads_.emplace_back([this](const std::stop_token& stop) { run(stop); });
        }
    }
    /// Takes no more items, drops those that wait, and waits for the groups that are worked on.
    ~GroupQueue() {
        std::deque<Item> dropped;
        {
            const std::lock_guard lock(mutex_);
            is_ending_ = true;
            dropped.swap(waiting_);
        }
        for (auto& thread : threads_) {
            thread.request_stop();
        }
        // Unlocked: an item may ask for usage() when it goes.
        dropped.clear();
        threads_.clear();
    }
    GroupQueue(const GroupQueue&) = delete;
    GroupQueue& operator=(const GroupQueue&) = delete;

    /// Queues an item. False when the queue is full or ending; the item is left as it was then.
    [[nodiscard]] bool try_post(Item&& item) {
        {
            const std::lock_guard lock(mutex_);
            // Threads that are about to take an item count as free.
            const std::size_t room = settings_.threads - busy_ + settings_.waiting_max;
            if (is_ending_ || waiting_.size() >= room) {
                return false;
            }
            waiting_.push_back(std::move(item));
            if (!wakes_one()) {
                return true;
            }
        }
        came_.notify_one();
        return true;
    }

    /// How many items are worked on and wait now.
    [[nodiscard]] WorkQueue::Usage usage() const {
        const std::lock_guard lock(mutex_);
        return {.running = running_, .waiting = waiting_.size()};
    }

private:
    /// Whether a thread is to be told that there is something to do. One that was told takes whatever waits by the time
    /// it gets to it, so while it is on its way no other is needed.
    [[nodiscard]] bool wakes_one() {
        if (idle_ == 0 || is_waking_) {
            return false;
        }
        is_waking_ = true;
        return true;
    }

    // An exception must end the program, not the thread.
    void run(const std::stop_token& stop) noexcept {
        std::unique_lock lock(mutex_);
        while (true) {
            ++idle_;
            const bool have_come = came_.wait(lock, stop, [this] { return !waiting_.empty(); });
            --idle_;
            is_waking_ = false;
            if (!have_come) {
                return;
            }
            const auto end = waiting_.begin() + static_cast<std::ptrdiff_t>(std::min(
                                                    waiting_.size(), std::max<std::size_t>(settings_.group_max, 1)));
            std::vector<Item> group(std::make_move_iterator(waiting_.begin()), std::make_move_iterator(end));
            waiting_.erase(waiting_.begin(), end);
            const std::size_t count = group.size();
            running_ += count;
            ++busy_;
            const bool is_more_to_do = !waiting_.empty() && wakes_one();
            lock.unlock();
            if (is_more_to_do) {
                came_.notify_one();
            }
            work_(std::move(group));
            lock.lock();
            --busy_;
            running_ -= count;
        }
    }

    // Constant after construction.
    const GroupQueueSettings settings_;
    const Work work_;

    mutable std::mutex mutex_;
    std::condition_variable_any came_;
    // Guarded by mutex_.
    std::deque<Item> waiting_;
    std::size_t running_ = 0;
    /// Threads that work on a group, and that wait for one.
    std::size_t busy_ = 0;
    std::size_t idle_ = 0;
    bool is_waking_ = false;
    bool is_ending_ = false;

    std::vector<std::jthread> threads_;
};

}  // namespace twinfleet::platform
