#pragma once

#include <atomic>
#include <chrono>
#include <future>

namespace twinfleet::http::testing {

/// What handlers wait at until the test lets them pass.
class Gate {
public:
    Gate() = default;
    Gate(const Gate&) = delete;
    Gate& operator=(const Gate&) = delete;
    ~Gate() { open(); }

    void open() {
        if (!opened_.exchange(true)) {
            promise_.set_value();
        }
    }
    /// Not for ever, so that a test that fails also ends.
    void wait() const { (void)future_.wait_for(std::chrono::seconds(30)); }

private:
    std::promise<void> promise_;
    std::shared_future<void> future_ = promise_.get_future().share();
    std::atomic<bool> opened_ = false;
};

}  // namespace twinfleet::http::testing
