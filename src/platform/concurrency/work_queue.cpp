#include "platform/concurrency/work_queue.hpp"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <stdexcept>
#include <stop_token>
#include <thread>
#include <utility>
#include <vector>

namespace twinfleet::platform {

struct WorkQueue::State {
    explicit State(const Settings& chosen) : settings(chosen) {
        if (settings.threads == 0) {
            throw std::invalid_argument("a work queue needs a thread");
        }
        threads.reserve(settings.threads);
        while (threads.size() < settings.threads) {
            threads.emplace_back([this](const std::stop_token& stop) { work(stop); });
        }
    }

    ~State() {
        std::deque<std::function<void()>> dropped;
        {
            const std::lock_guard lock(mutex);
            ending = true;
            dropped.swap(waiting);
        }
        for (auto& thread : threads) {
            thread.request_stop();
        }
        // Unlocked: what a task holds may ask for usage() when it goes.
        dropped.clear();
        threads.clear();
    }

    State(const State&) = delete;
    State& operator=(const State&) = delete;

    // An exception must end the program, not the thread.
    void work(const std::stop_token& stop) noexcept {
        std::unique_lock lock(mutex);
        while (work_came.wait(lock, stop, [this] { return !waiting.empty(); })) {
            auto task = std::move(waiting.front());
            waiting.pop_front();
            ++running;
            lock.unlock();
            task();
            // What it holds goes while it still counts as running.
            task = nullptr;
            lock.lock();
            --running;
        }
    }

    // Constant after construction.
    const Settings settings;

    mutable std::mutex mutex;
    std::condition_variable_any work_came;
    // Guarded by mutex.
    std::deque<std::function<void()>> waiting;
    std::size_t running = 0;
    bool ending = false;

    std::vector<std::jthread> threads;
};

WorkQueue::WorkQueue(const Settings& settings) : state_(std::make_unique<State>(settings)) {}

WorkQueue::~WorkQueue() = default;

bool WorkQueue::try_post(std::function<void()> task) {
    {
        const std::lock_guard lock(state_->mutex);
        // Threads that are about to take a task count as free.
        const auto room = state_->settings.threads + state_->settings.waiting_max;
        if (state_->ending || state_->running + state_->waiting.size() >= room) {
            return false;
        }
        state_->waiting.push_back(std::move(task));
    }
    state_->work_came.notify_one();
    return true;
}

WorkQueue::Usage WorkQueue::usage() const {
    const std::lock_guard lock(state_->mutex);
    return {.running = state_->running, .waiting = state_->waiting.size()};
}

}  // namespace twinfleet::platform
