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
    explicit WorkQueue(const Settings& settings);
    /// Takes no more, drops what waits, and waits for what runs.
    ~WorkQueue();
    WorkQueue(const WorkQueue&) = delete;
    WorkQueue& operator=(const WorkQueue&) = delete;

    /// False when it is full or ending; `task` is gone then. What a task throws ends the program: catch inside.
    [[nodiscard]] bool try_post(std::function<void()> task);

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
