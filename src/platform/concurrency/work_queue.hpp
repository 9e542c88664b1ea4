#pragma once

#include <cstddef>
#include <functional>
#include <memory>

namespace twinfleet::platform {

/// A bounded pool of threads for work that blocks. It refuses when it is full instead of growing.
class WorkQueue {
public:
    struct Settings {
        std::size_t threads = 8;
        /// Tasks that may wait for a thread.
        std::size_t waiting_max = 256;
    };
    /// Starts the threads. Throws std::invalid_argument when there are to be none.
    explicit WorkQueue(const Settings& settings);
    /// Takes no more tasks, drops those that wait, and waits for those that run.
    ~WorkQueue();
    WorkQueue(const WorkQueue&) = delete;
    WorkQueue& operator=(const WorkQueue&) = delete;

    /// Queues a task. False when the queue is full or ending; the task is dropped then. An exception that leaves a task
    /// ends the program, so tasks catch their own.
    [[nodiscard]] bool try_post(std::function<void()> task);

    /// How many tasks run and wait now.
    struct Usage {
        std::size_t running;
        std::size_t waiting;
    };
    [[nodiscard]] Usage usage() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace twinfleet::platform
