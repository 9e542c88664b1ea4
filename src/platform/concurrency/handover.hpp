#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <utility>

namespace twinfleet::platform {

/// Hands values from one step of a pipeline to the next, each step in a thread of its own. Holds at most one value that
/// nobody took yet, so that a step that is ahead waits for the next one. Safe to use from several threads.
template <typename Value>
class Handover {
public:
    /// Waits until the value before was taken. Returns false when the run has failed: nobody will take the value.
    [[nodiscard]] bool put(Value value) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return !value_ || is_failed_; });
        if (is_failed_) {
            return false;
        }
        value_.emplace(std::move(value));
        changed_.notify_all();
        return true;
    }
    /// Waits for the next value. Returns nullopt once all values have been taken and close() was called, or when the
    /// run has failed.
    [[nodiscard]] std::optional<Value> take() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return value_ || is_closed_ || is_failed_; });
        if (is_failed_ || !value_) {
            return std::nullopt;
        }
        std::optional<Value> taken = std::move(value_);
        value_.reset();
        changed_.notify_all();
        return taken;
    }
    /// No value comes any more.
    void close() { end(is_closed_); }
    /// Some step has failed: whoever waits, or comes later, goes away empty-handed.
    void fail() { end(is_failed_); }

private:
    void end(bool& how) {
        const std::lock_guard lock(mutex_);
        how = true;
        changed_.notify_all();
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    std::optional<Value> value_;
    bool is_closed_ = false;
    bool is_failed_ = false;
};

}  // namespace twinfleet::platform
